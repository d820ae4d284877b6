"""The shop's consent banner is heeded: a visitor who says no is not followed."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.shopper import Device

pytestmark = pytest.mark.browser

AIKO = "aiko@example.com"
TIN = "Tea Tin"


def says(device: Device, yes: bool) -> None:
    given = json.dumps({"preferences": yes})
    device.page.evaluate(f"window.Shopify.customerPrivacy.setTrackingConsent({given})")


def kept(device: Device) -> object:
    return device.page.evaluate("localStorage.getItem('handcart')")


def test_a_guest_who_says_no_is_neither_reported_nor_remembered_until_they_say_yes(
    phone: Device,
) -> None:
    reports: list[str] = []
    phone.context.on("request", lambda r: reports.append(r.url) if "/handcart/cart" in r.url else 0)
    phone.visit()
    phone.until_told()
    says(phone, False)
    reports.clear()
    phone.add("tea-tin")
    phone.page.reload()
    expect(phone.badge).to_have_text("1")
    assert phone.held() == {TIN: 1}
    assert reports == []
    assert kept(phone) is None
    says(phone, True)
    phone.until_told()
    assert kept(phone) is not None


def test_a_customer_who_says_no_has_one_cart_everywhere_and_nothing_kept_in_the_browser(
    phone: Device, desktop: Device
) -> None:
    phone.visit()
    says(phone, False)
    phone.sign_in(AIKO)
    phone.add("tea-tin", 2)
    phone.until_told()
    assert kept(phone) is None
    desktop.sign_in(AIKO)
    expect(desktop.badge).to_have_text("2")
    phone.sign_out()
    expect(phone.badge).to_have_text("0")
    assert phone.held() == {}
    assert kept(phone) is None
    phone.add("linden-blossom")
    phone.page.reload()
    expect(phone.badge).to_have_text("1")
    desktop.come_back()
    desktop.until_told()
    assert desktop.held() == {TIN: 2}
