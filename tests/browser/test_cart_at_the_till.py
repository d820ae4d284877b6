"""Staff scan what the shopper's phone shows, and see the cart; the page stays calm meanwhile."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from handcart.testing import Street
from tests.browser.conftest import DESKTOP, Opens
from tests.browser.shopper import Device
from tests.browser.staff import Till
from tests.browser.trouble import Trouble

pytestmark = pytest.mark.browser

ELENA, MIRA = "elena@example.com", "mira@example.com"
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


def test_the_till_takes_the_cart_off_the_phone_and_sells_it(
    street: Street, phone: Device, opens: Opens
) -> None:
    phone.sign_in(MIRA)
    phone.add("mountain-juniper-tea", 2)
    phone.add("tea-tin")
    phone.until_told()
    phone.open_cart()
    phone.page.get_by_role("button", name="Continue on another device").click()
    code = phone.page.locator(".handcart-cart code").inner_text()

    till = Till(street, opens(**DESKTOP))
    till.page.get_by_label("Code on the shopper's screen").fill(
        f"{street.shop.url}/#handcart={code}"
    )
    till.page.get_by_role("button", name="Take this cart").click()
    expect(till.page.get_by_text("Mira Petrova")).to_be_visible()
    phone.add("linden-blossom")
    phone.until_told()
    till.page.get_by_role("button", name=f"One {TIN} less").click()
    till.pay()
    expect(phone.badge).to_have_text("2")
    phone.until_told()
    assert phone.held() == {TIN: 1, "Linden Blossom": 1}


def test_what_was_begun_at_the_till_is_scanned_onto_the_phone(
    street: Street, phone: Device, opens: Opens
) -> None:
    till = Till(street, opens(**DESKTOP))
    till.ring_up("TIN-100", 2)
    till.page.get_by_role("button", name="Pass the basket on to the phone").click()
    link = till.page.get_by_role("link", name="Link for the phone")
    expect(till.page.get_by_role("img", name="Scan this code with the phone")).to_be_visible()
    expect(till.page.locator("#nothing")).to_be_visible()
    phone.page.goto(str(link.get_attribute("href")))
    expect(phone.badge).to_have_text("2")
    assert phone.held() == {TIN: 2}


def test_the_till_gives_a_customers_cart_back_as_staff_changed_it(
    street: Street, phone: Device, opens: Opens
) -> None:
    phone.sign_in(ELENA)
    phone.add("tea-tin")
    phone.until_told()
    before = phone.held()
    till = Till(street, opens(**DESKTOP))
    till.page.get_by_label("Customer (optional)").fill(ELENA)
    till.page.get_by_role("button", name=re.compile(ELENA)).click()
    till.page.get_by_role("button", name="Take the cart of the customer chosen above").click()
    till.page.get_by_role("button", name=f"One {TIN} more").click()
    till.page.get_by_role("button", name="Pass the basket on to the phone").click()
    expect(till.page.locator("#said")).to_contain_text("on every device")
    expect(phone.badge).to_have_text(str(sum(before.values()) + 1))
    phone.until_told()
    assert phone.held() == {**before, TIN: before[TIN] + 1}
