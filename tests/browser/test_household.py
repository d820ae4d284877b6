"""A family fills one cart: the owner on a phone, an editor at a desktop, inside the theme."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.looking import fits, found_by_axe, look
from tests.browser.shopper import Device

pytestmark = pytest.mark.browser

MIRA, DANIEL = "mira@example.com", "daniel@example.com"
JUNIPER, TIN = "Mountain Juniper Tea", "Tea Tin"
HOUSEHOLD = "/apps/handcart/household"


def share(phone: Device) -> str:
    """The owner begins to share; the link for somebody who can change the cart."""
    phone.open_cart()
    phone.page.get_by_role("link", name="Fill a cart together").click()
    phone.page.get_by_label("Your name, as the others see it").fill("Mira")
    phone.page.get_by_role("button", name="Share my cart").click()
    phone.page.get_by_role("button", name="Link for people who can change it").click()
    link = phone.page.get_by_label("The new link; it is shown only now").input_value()
    assert link.startswith(f"{phone.street.shop.url}{HOUSEHOLD}?join=")
    return link


def test_what_a_member_puts_in_is_on_the_owners_phone_and_only_there(
    phone: Device, desktop: Device
) -> None:
    phone.sign_in(MIRA)
    phone.add("mountain-juniper-tea", 2)
    phone.until_told()
    link = share(phone)
    assert found_by_axe(phone.page) == []
    look(phone.page, "owner")

    desktop.sign_in(DANIEL)
    desktop.add("tea-tin", 1)
    desktop.until_told()
    desktop.page.goto(link)
    expect(desktop.page.get_by_role("heading", name="Mira shares a cart with you")).to_be_visible()
    look(desktop.page, "invitation")
    desktop.page.get_by_label("Your name, as the others see it").fill("Daniel")
    desktop.page.get_by_role("button", name="Join").click()
    desktop.page.get_by_role("button", name=f"Put in: {TIN}").click()
    expect(desktop.page.get_by_text("from Daniel")).to_be_visible()
    desktop.page.get_by_label(f"How many: {JUNIPER}").fill("3")
    desktop.page.get_by_role("button", name="Save the numbers").click()
    expect(desktop.page.get_by_label(f"How many: {JUNIPER}")).to_have_value("3")
    expect(desktop.page.get_by_text("3 × €6.90")).to_be_visible()
    fits(desktop.page, "household")

    expect(phone.page.get_by_text("from Daniel")).to_be_visible()
    expect(phone.page.get_by_label("The new link; it is shown only now")).to_have_value(link)
    expect(phone.page.get_by_label(f"How many: {JUNIPER}")).to_have_value("3")
    expect(phone.badge).to_have_text("4")
    assert phone.held() == {JUNIPER: 3, TIN: 1}
    phone.open_cart()
    expect(phone.page.get_by_text(f"{TIN}: from Daniel")).to_be_visible()
    desktop.visit("/")
    desktop.until_told()
    assert desktop.held() == {}
    phone.visit(f"{HOUSEHOLD}?locale=fa")
    expect(phone.page.get_by_role("heading", name="سبد شما")).to_be_visible()
    fits(phone.page, "household-persian")
