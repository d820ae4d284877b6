from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import handcart.web
from handcart.testing import Street
from tests.browser.conftest import DESKTOP, PHONE, Opens
from tests.browser.shopper import Device

SCRIPT = Path(handcart.web.__file__).parent / "static" / "handcart.js"

# The browser's own measure of what jumped while nobody touched the page.
SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def test_the_storefront_script_is_small() -> None:
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) <= 10_000


@pytest.mark.browser
@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_nothing_jumps_when_the_script_fills_the_product_page(
    street: Street, opens: Opens, device: dict[str, object]
) -> None:
    context = opens(**device)
    context.add_init_script(SHIFTS)
    page = context.new_page()
    for product in ("mountain-juniper-tea", "tea-tin"):
        page.goto(f"{street.shop.url}/products/{product}")
        expect(page.locator(".handcart-stock li").first).to_be_visible()
        settled(page)
        assert page.evaluate("shifts") < 0.1


@pytest.mark.browser
def test_a_script_that_never_arrives_takes_nothing_from_the_page(
    street: Street, opens: Opens
) -> None:
    shopper = Device(street, opens(**PHONE))
    shopper.context.route("**/handcart.js*", lambda route: None)
    page = shopper.page
    page.goto(f"{street.shop.url}/products/tea-tin", wait_until="commit")
    page.get_by_role("button", name="Add to cart").click()
    # Whoever is quicker than the theme's own script sends its form by itself, and sees the cart.
    said = page.locator("[data-said]").get_by_text("Added:", exact=False)
    expect(said.or_(page.get_by_role("heading", name="Your cart"))).to_be_visible()
    assert shopper.held() == {"Tea Tin": 1}
    shopper.context.unroute_all()


def settled(page: Page) -> None:
    """Two frames later whatever moved has been counted."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
