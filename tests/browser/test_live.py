"""Two open pages: what is done on one shows on the other without anybody touching it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.shopper import Device
from tests.browser.trouble import Trouble

pytestmark = pytest.mark.browser

MIRA, DANIEL, SOFIA, JONAS = (f"{who}@example.com" for who in ("mira", "daniel", "sofia", "jonas"))
JUNIPER, TIN = "Mountain Juniper Tea", "Tea Tin"


def test_an_open_page_learns_of_a_change_elsewhere_by_itself(
    phone: Device, desktop: Device
) -> None:
    desktop.sign_in(MIRA)
    desktop.add("tea-tin")
    desktop.until_told()
    phone.sign_in(MIRA)
    expect(phone.badge).to_have_text("1")
    phone.add("mountain-juniper-tea", 2)
    expect(desktop.badge).to_have_text("3")
    phone.open_cart()
    phone.remove(TIN)
    expect(desktop.badge).to_have_text("2")
    assert desktop.held() == {JUNIPER: 2}


def test_an_open_cart_page_shows_the_new_line_with_its_price(
    phone: Device, desktop: Device
) -> None:
    desktop.sign_in(DANIEL)
    desktop.add("tea-tin")
    desktop.until_told()
    desktop.open_cart()
    phone.sign_in(DANIEL)
    phone.add("mountain-juniper-tea", 2)
    expect(desktop.page.get_by_label(f"Remove {JUNIPER}")).to_be_visible()
    assert desktop.shown() == {JUNIPER: 2, TIN: 1}


def test_a_network_that_was_cut_and_comes_back_is_heard_again(
    phone: Device, desktop: Device, trouble: Trouble
) -> None:
    trouble.expect("ERR_INTERNET_DISCONNECTED", "")
    desktop.sign_in(SOFIA)
    desktop.add("tea-tin")
    desktop.until_told()
    phone.sign_in(SOFIA)
    expect(phone.badge).to_have_text("1")
    desktop.context.set_offline(True)
    phone.add("mountain-juniper-tea", 2)
    phone.until_told()
    expect(desktop.badge).to_have_text("1")
    desktop.context.set_offline(False)
    expect(desktop.badge).to_have_text("3")
    phone.open_cart()
    phone.remove(TIN)
    expect(desktop.badge).to_have_text("2")


def test_where_no_stream_gets_through_the_page_asks_now_and_then(
    phone: Device, desktop: Device
) -> None:
    desktop.context.add_init_script("delete window.EventSource")
    desktop.sign_in(JONAS)
    desktop.add("tea-tin")
    desktop.until_told()
    phone.sign_in(JONAS)
    expect(phone.badge).to_have_text("1")
    phone.add("mountain-juniper-tea", 2)
    expect(desktop.badge).to_have_text("3")
