"""What stands under the lines of the cart page: later, changed, undo; and that in Persian."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from handcart.testing import Street
from tests.browser.looking import fits
from tests.browser.shopper import Device

pytestmark = pytest.mark.browser

MIRA, DANIEL, SOFIA, JONAS, ELENA = (
    f"{who}@example.com" for who in ("mira", "daniel", "sofia", "jonas", "elena")
)
JUNIPER, LINDEN, TIN = "Mountain Juniper Tea", "Linden Blossom", "Tea Tin"


def more(page: Page) -> Locator:
    return page.locator(".handcart-cart")


def press(device: Device, name: str) -> None:
    more(device.page).get_by_role("button", name=name).click()


def test_a_line_saved_for_later_on_the_phone_is_brought_back_on_the_desktop(
    phone: Device, desktop: Device
) -> None:
    phone.sign_in(MIRA)
    phone.add("mountain-juniper-tea", 2)
    phone.add("tea-tin")
    phone.until_told()
    phone.open_cart()
    press(phone, f"Save for later: {JUNIPER} - 50 g")
    expect(phone.page.get_by_label(f"Remove {JUNIPER}")).to_have_count(0)
    expect(more(phone.page)).to_contain_text(f"2 × {JUNIPER}")
    assert phone.held() == {TIN: 1}

    desktop.sign_in(MIRA)
    expect(desktop.badge).to_have_text("1")
    desktop.open_cart()
    press(desktop, f"Move to cart: {JUNIPER} - 50 g")
    expect(desktop.badge).to_have_text("3")
    assert desktop.held() == {JUNIPER: 2, TIN: 1}
    expect(more(desktop.page).get_by_role("button", name="Move to cart")).to_have_count(0)
    phone.come_back()
    expect(phone.badge).to_have_text("3")


def test_what_signing_in_added_is_said_and_undone_with_one_tap(
    phone: Device, desktop: Device
) -> None:
    phone.sign_in(DANIEL)
    phone.add("mountain-juniper-tea", 2)
    phone.until_told()
    desktop.add("tea-tin")
    desktop.until_told()
    desktop.sign_in(DANIEL)
    status = desktop.page.locator(".handcart-status[data-shown]")
    expect(status).to_contain_text("was added to your cart")
    expect(desktop.badge).to_have_text("3")
    status.get_by_role("button", name="Undo").click()
    expect(desktop.badge).to_have_text("2")
    desktop.until_told()
    assert desktop.held() == {JUNIPER: 2}
    desktop.open_cart()
    expect(more(desktop.page)).to_contain_text("Saved for later")
    expect(more(desktop.page)).to_contain_text(TIN)


def test_a_new_price_is_said_until_it_was_read(street: Street, phone: Device) -> None:
    phone.sign_in(SOFIA)
    phone.add("linden-blossom")
    phone.until_told()
    world = street.shop.world
    variant = next(one for one in world.variants.values() if one.sku == "LIN-050")
    with world.lock:
        before, variant.price = variant.price, variant.price + 150
    try:
        phone.visit("/")
        phone.until_told()
        phone.open_cart()
        told = more(phone.page).get_by_text("now costs")
        expect(told).to_contain_text(f"{LINDEN} - 50 g now costs €{(before + 150) / 100:.2f}")
        expect(told).to_contain_text(f"instead of €{before / 100:.2f}")
        press(phone, "Got it")
        expect(told).to_have_count(0)
        phone.page.reload()
        expect(more(phone.page)).to_contain_text("Not now?")
        expect(told).to_have_count(0)
    finally:
        variant.price = before


def test_in_persian_the_cart_speaks_persian_from_right_to_left(
    phone: Device, desktop: Device
) -> None:
    phone.sign_in(JONAS)
    phone.add("mountain-juniper-tea")
    phone.until_told()
    desktop.visit("/?locale=fa")
    desktop.sign_in(JONAS)
    expect(desktop.badge).to_have_text("1")
    desktop.open_cart()
    assert desktop.page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    press(desktop, "نگه داشتن برای بعد")
    expect(more(desktop.page)).to_contain_text("برای بعد")
    expect(more(desktop.page).get_by_role("button", name="انتقال به سبد")).to_be_visible()
    name = more(desktop.page).locator("li > span").first.bounding_box()
    button = more(desktop.page).get_by_role("button", name="انتقال به سبد").bounding_box()
    assert name and button and name["x"] > button["x"]
    phone.come_back()
    expect(phone.badge).to_have_text("0")


def test_what_was_bought_on_the_phone_is_said_on_the_open_desktop_and_the_rest_stays(
    phone: Device, desktop: Device
) -> None:
    phone.sign_in(ELENA)
    phone.add("mountain-juniper-tea")
    phone.until_told()
    desktop.sign_in(ELENA)
    expect(desktop.badge).to_have_text("1")
    phone.buy_for_pickup("Vitosha Street")
    desktop.add("tea-tin")
    desktop.come_back()
    desktop.open_cart()
    expect(more(desktop.page)).to_contain_text(f"Bought on another device: {JUNIPER}")
    fits(desktop.page, "bought-elsewhere")
    desktop.visit("/?locale=fa")
    desktop.open_cart()
    expect(more(desktop.page)).to_contain_text(f"در دستگاه دیگری خریده شد: {JUNIPER}")
    fits(desktop.page, "bought-elsewhere-persian")
    press(desktop, "متوجه شدم")
    expect(more(desktop.page)).not_to_contain_text("خریده شد")
    desktop.until_told()
    assert desktop.held() == {TIN: 1}
