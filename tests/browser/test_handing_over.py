"""A cart goes on on the desktop by the link that the phone shows."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from tests.browser.shopper import Device
from tests.browser.trouble import Trouble

pytestmark = pytest.mark.browser

MIRA = "mira@example.com"
JUNIPER, TIN = "Mountain Juniper Tea", "Tea Tin"


def link_of(phone: Device) -> str:
    """Ask for a code on the cart page; the address that is in it."""
    phone.open_cart()
    phone.page.get_by_role("button", name="Continue on another device").click()
    expect(phone.page.get_by_role("img", name=re.compile("^Scan this code"))).to_be_visible()
    link = phone.page.get_by_role("link", name="Link for the other device").get_attribute("href")
    assert link and "#handcart=" in link
    mail = phone.page.get_by_role("link", name="E-mail it to yourself").get_attribute("href")
    assert mail and mail.startswith("mailto:?subject=")
    assert unquote(mail.partition("&body=")[2]) == link
    return link


def test_a_guest_scans_the_code_and_goes_on_at_the_desktop(phone: Device, desktop: Device) -> None:
    phone.add("mountain-juniper-tea", 2)
    phone.until_told()
    link = link_of(phone)
    desktop.page.goto(link)
    expect(desktop.badge).to_have_text("2")
    assert desktop.held() == {JUNIPER: 2}
    assert "#handcart" not in desktop.page.url
    expect(phone.page.get_by_text("The other device has it now.")).to_be_visible()


def test_a_customers_cart_waits_for_a_yes_on_the_phone(
    phone: Device, desktop: Device, trouble: Trouble
) -> None:
    phone.sign_in(MIRA)
    phone.add("tea-tin", 3)
    phone.until_told()
    link = link_of(phone)
    desktop.page.goto(link)
    waiting = desktop.page.locator(".handcart-status[data-shown]")
    expect(waiting).to_contain_text("Waiting for the first device")
    number = re.findall(r"[0-9]{2}", waiting.inner_text())[0]
    expect(phone.page.get_by_text(f"Does it show the number {number}?")).to_be_visible()
    assert desktop.held() == {}
    phone.page.get_by_role("button", name="Yes, give it").click()
    expect(desktop.badge).to_have_text("3")
    assert desktop.held() == {TIN: 3}
    desktop.sign_in(MIRA)
    expect(desktop.badge).to_have_text("3")
    desktop.until_told()
    assert desktop.held() == phone.held() == {TIN: 3}

    trouble.expect("409", "/handoff/claim")
    other = desktop.more()
    other.context.clear_cookies()
    other.page.goto(link.replace("#", "?again#"))
    expect(other.page.locator(".handcart-status[data-shown]")).to_contain_text("did not work")
