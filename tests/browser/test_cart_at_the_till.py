"""Staff scan what the shopper's phone shows, and see the cart; the page stays calm meanwhile."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from handcart.testing import Street
from tests.browser.shopper import Device
from tests.browser.trouble import Trouble

pytestmark = pytest.mark.browser

ELENA = "elena@example.com"
JUNIPER, TIN = "Mountain Juniper Tea", "Tea Tin"
WATCH = """
window.shifts = 0;
new PerformanceObserver((list) => list.getEntries().forEach((each) => {
  if (!each.hadRecentInput) window.shifts += each.value;
})).observe({type: 'layout-shift', buffered: true});
"""


def test_staff_see_the_cart_of_the_code_that_a_shopper_shows(
    street: Street, phone: Device, desktop: Device, trouble: Trouble
) -> None:
    phone.sign_in(ELENA)
    phone.add("mountain-juniper-tea", 2)
    phone.add("tea-tin")
    phone.until_told()
    phone.open_cart()
    phone.page.get_by_role("button", name="Continue on another device").click()
    code = phone.page.locator(".handcart-cart code").inner_text()

    admin = desktop.page
    admin.goto(f"{street.shop.url}/admin/apps/handcart/carts")
    frame = admin.frame_locator("#app-frame")
    frame.get_by_label("Code on the shopper's screen").fill(f"{street.shop.url}/#handcart={code}")
    frame.get_by_role("button", name="Show the cart").click()
    shown = frame.locator("#shown")
    expect(shown.get_by_role("listitem")).to_have_text(
        [re.compile(f"2 ×.*{JUNIPER}.*€6.90"), re.compile(f"1 ×.*{TIN}.*€7.50")]
    )
    expect(phone.page.get_by_text("The other device has it now.")).to_be_visible()

    trouble.expect("409", "/handoff/claim")
    thief = desktop.more()
    thief.visit(f"/#handcart={code}")
    expect(thief.page.locator(".handcart-status[data-shown]")).to_contain_text("did not work")
    assert thief.held() == {}
    assert phone.held() == {JUNIPER: 2, TIN: 1}


def test_the_cart_page_does_not_jump_when_the_rest_of_the_cart_comes(phone: Device) -> None:
    phone.context.add_init_script(WATCH)
    phone.add("mountain-juniper-tea")
    phone.until_told()
    phone.open_cart()
    expect(phone.page.locator(".handcart-cart h2")).to_be_visible()
    phone.page.wait_for_load_state("networkidle")
    assert phone.page.evaluate("window.shifts") < 0.05
