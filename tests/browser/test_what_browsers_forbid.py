"""Browsers that keep less than others: no third-party cookies, no room in the storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from handcart.testing import Street
from tests.browser.chromium import PATIENCE, chromium
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.shopper import Device

pytestmark = pytest.mark.browser

JUNIPER, TIN = "Mountain Juniper Tea", "Tea Tin"
FILL = """() => {
  let size = 1 << 20;
  while (size) {
    try {
      localStorage.setItem(`room-${size}-${Math.random()}`, "x".repeat(size));
    } catch {
      size >>= 1;
    }
  }
}"""
IS_FULL = """() => {
  try {
    localStorage.setItem("one-more", "x".repeat(64));
    return false;
  } catch {
    return true;
  }
}"""


class Apart(Device):
    """The shop is ``localhost``, so that the app, at 127.0.0.1, is another site to the browser."""

    def visit(self, path: str = "/") -> Page:
        self.page.goto(self.street.shop.url.replace("127.0.0.1", "localhost") + path)
        return self.page

    def _cart(self) -> Any:
        return self.page.evaluate("fetch('/cart.js').then((answer) => answer.json())")


@pytest.fixture
def strict(street: Street) -> Iterator[tuple[Apart, Apart]]:
    """A phone and a desktop that keep no third-party cookies."""
    with chromium("--test-third-party-cookie-phaseout") as browser:
        contexts = [browser.new_context(**each) for each in (PHONE, DESKTOP)]
        for context in contexts:
            context.set_default_timeout(PATIENCE)
        phone, desktop = (Apart(street, context) for context in contexts)
        yield phone, desktop


def test_carts_follow_with_blocked_third_party_cookies(strict: tuple[Apart, Apart]) -> None:
    phone, desktop = strict
    sent: list[str | None] = []
    phone.context.on(
        "request",
        lambda request: (
            sent.append(request.headers.get("cookie"))
            if request.url.startswith(f"{phone.street.url}/live")
            else None
        ),
    )
    for device in strict:
        device.sign_in("sofia@example.com")
    phone.add("tea-tin")
    phone.until_told()
    desktop.visit("/")
    expect(desktop.badge).to_have_text("1")
    desktop.add("mountain-juniper-tea", 2)
    desktop.until_told()
    expect(phone.badge).to_have_text("3")
    assert phone.held() == desktop.held() == {JUNIPER: 2, TIN: 1}
    assert set(sent) == {None}
    assert desktop.context.cookies(desktop.street.url) == []


def test_carts_follow_with_a_full_localstorage(phone: Device, desktop: Device) -> None:
    phone.visit("/").evaluate(FILL)
    assert phone.page.evaluate(IS_FULL)
    phone.sign_in("jonas@example.com")
    phone.add("mountain-juniper-tea", 2)
    phone.until_told()
    desktop.sign_in("jonas@example.com")
    expect(desktop.badge).to_have_text("2")
    desktop.add("tea-tin")
    desktop.until_told()
    phone.come_back()
    expect(phone.badge).to_have_text("3")
    for _ in range(3):
        phone.visit("/")
        phone.until_told()
    assert phone.held() == desktop.held() == {JUNIPER: 2, TIN: 1}
    assert phone.page.evaluate(IS_FULL)
    phone.open_cart()
    phone.remove(TIN)
    phone.until_told()
    desktop.come_back()
    expect(desktop.badge).to_have_text("2")
    assert phone.held() == desktop.held() == {JUNIPER: 2}
