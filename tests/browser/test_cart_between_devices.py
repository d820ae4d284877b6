from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.shopper import Device
from tests.browser.trouble import Trouble

pytestmark = pytest.mark.browser

# Each test has a customer of its own: they share one shop.
MIRA, DANIEL, SOFIA = "mira@example.com", "daniel@example.com", "sofia@example.com"
JONAS, ELENA, AIKO = "jonas@example.com", "elena@example.com", "aiko@example.com"
JUNIPER, LINDEN, TIN = "Mountain Juniper Tea", "Linden Blossom", "Tea Tin"


def test_the_cart_crosses_from_the_phone_to_the_desktop_and_back(
    phone: Device, desktop: Device
) -> None:
    phone.add("mountain-juniper-tea", 2)
    phone.add("linden-blossom")
    phone.sign_in(MIRA)
    phone.until_told()
    expect(desktop.visit().locator("[data-cart-count]")).to_have_text("0")

    desktop.sign_in(MIRA)
    expect(desktop.badge).to_have_text("3")
    desktop.open_cart()
    assert desktop.shown() == desktop.held() == {JUNIPER: 2, LINDEN: 1}

    desktop.remove(f"{JUNIPER} - 50 g")
    desktop.set(f"{LINDEN} - 50 g", 4)
    desktop.add("tea-tin")
    desktop.until_told()
    phone.come_back()
    expect(phone.badge).to_have_text("5")
    phone.open_cart()
    assert phone.shown() == phone.held() == {LINDEN: 4, TIN: 1}
    assert desktop.held() == {LINDEN: 4, TIN: 1}


def test_a_line_removed_on_one_leaves_the_open_cart_page_of_the_other(
    phone: Device, desktop: Device
) -> None:
    phone.sign_in(DANIEL)
    phone.add("mountain-juniper-tea")
    phone.add("tea-tin", 2)
    phone.until_told()
    desktop.sign_in(DANIEL)
    expect(desktop.badge).to_have_text("3")
    desktop.open_cart()

    phone.open_cart()
    phone.remove(TIN)
    phone.until_told()
    desktop.come_back()
    expect(desktop.page.get_by_label(f"Remove {TIN}")).to_have_count(0)
    expect(desktop.badge).to_have_text("1")
    assert desktop.held() == phone.held() == {JUNIPER: 1}


def test_what_two_devices_added_as_guests_is_there_once_after_both_signed_in(
    phone: Device, desktop: Device
) -> None:
    phone.add("mountain-juniper-tea", 2)
    desktop.add("linden-blossom", 1)
    phone.sign_in(SOFIA)
    phone.until_told()
    desktop.sign_in(SOFIA)
    expect(desktop.badge).to_have_text("3")
    desktop.until_told()
    for _ in range(2):
        phone.page.reload()
        expect(phone.badge).to_have_text("3")
        phone.until_told()
        desktop.come_back()
        desktop.until_told()
    assert phone.held() == desktop.held() == {JUNIPER: 2, LINDEN: 1}


def test_a_second_tab_shows_the_same_cart_and_doubles_nothing(
    phone: Device, desktop: Device
) -> None:
    desktop.sign_in(JONAS)
    desktop.add("tea-tin")
    other = desktop.more()
    other.add("linden-blossom", 2)
    expect(other.badge).to_have_text("3")
    for tab in (desktop, other, desktop):
        tab.come_back()
        tab.until_told()
    phone.sign_in(JONAS)
    expect(phone.badge).to_have_text("3")
    assert phone.held() == desktop.held() == {TIN: 1, LINDEN: 2}


def test_signing_out_on_a_shared_desktop_leaves_nothing_of_the_shopper(
    phone: Device, desktop: Device
) -> None:
    phone.sign_in(ELENA)
    phone.add("mountain-juniper-tea", 2)
    phone.until_told()
    desktop.sign_in(ELENA)
    expect(desktop.badge).to_have_text("2")
    desktop.until_told()
    before = kept(desktop.page)

    desktop.sign_out()
    expect(desktop.badge).to_have_text("0")
    desktop.until_told()
    assert desktop.held() == {}
    after = kept(desktop.page)
    assert not set(before.values()) & set(after.values())
    assert "Elena" not in desktop.page.content()
    assert ELENA not in json.dumps(after)

    desktop.add("tea-tin")
    desktop.until_told()
    assert desktop.held() == {TIN: 1}
    phone.come_back()
    phone.until_told()
    assert phone.held() == {JUNIPER: 2}


def kept(page: Page) -> dict[str, str]:
    """Texts that this browser keeps of us, by name."""
    found = page.evaluate("({...localStorage, ...sessionStorage})")
    ours = json.loads(found.get("handcart", "{}"))
    return {name: value for name, value in ours.items() if isinstance(value, str)}


def test_the_theme_sells_on_while_the_app_is_away_and_the_app_hears_of_it_later(
    phone: Device, desktop: Device, trouble: Trouble
) -> None:
    trouble.expect("Failed to load resource", "/apps/handcart/")
    phone.sign_in(AIKO)
    phone.until_told()

    phone.context.route("**/apps/handcart/**", lambda route: route.abort())
    phone.add("tea-tin", 2)
    expect(phone.badge).to_have_text("2")
    phone.context.route("**/apps/handcart/**", the_proxy_gives_up)
    phone.open_cart()
    phone.set(TIN, 3)
    assert phone.shown() == phone.held() == {TIN: 3}
    expect(phone.page.locator(".handcart-status[data-shown]")).to_have_count(0)

    phone.context.unroute_all()
    phone.come_back()
    phone.until_told()
    desktop.sign_in(AIKO)
    expect(desktop.badge).to_have_text("3")
    assert desktop.held() == {TIN: 3}


def the_proxy_gives_up(route: Route) -> None:
    route.fulfill(status=502, body="There was an error in the third-party application")
