"""What the storefront script costs a page, and a shop whose theme does without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from handcart.testing import Street
from tests.browser.shopper import Device
from tests.browser.trouble import Trouble

pytestmark = pytest.mark.browser

DANIEL = "daniel@example.com"
JUNIPER = "Mountain Juniper Tea"


def test_all_scripts_of_a_page_together_keep_its_thread_for_less_than_fifty_milliseconds(
    street: Street, phone: Device
) -> None:
    """So no task of ours can. It is CPU time of the page's own thread: a busy machine adds none."""
    for variant in street.variants()[:10]:
        phone.context.request.post(
            f"{street.shop.url}/cart/add.js", data={"items": [{"id": variant, "quantity": 1}]}
        )
    phone.visit("/")
    phone.until_told()
    for path in ("/cart", "/products/tea-tin"):
        assert min(cpu_of_scripts(phone, path) for _ in range(3)) < 0.05


def cpu_of_scripts(device: Device, path: str) -> float:
    """Seconds from the load of a page until its script has nothing more to do."""
    page: Page = device.context.new_page()
    session = device.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(device.street.shop.url + path)
    page.wait_for_load_state("networkidle")
    metrics = session.send("Performance.getMetrics")["metrics"]
    page.close()
    found = {each["name"]: each["value"] for each in metrics}
    assert found["ScriptDuration"] > 0
    return float(found["ScriptDuration"])


def test_a_form_of_the_theme_that_is_sent_without_any_script_is_heard_of_all_the_same(
    phone: Device, desktop: Device, trouble: Trouble
) -> None:
    trouble.expect("ERR_FAILED", "")
    phone.context.route("**/theme.js*", lambda route: route.abort())
    phone.sign_in(DANIEL)
    phone.visit("/products/mountain-juniper-tea").get_by_label("Quantity").fill("2")
    phone.page.get_by_role("button", name="Add to cart").click()
    expect(phone.page.get_by_role("heading", name="Your cart")).to_be_visible()
    phone.until_told()
    desktop.sign_in(DANIEL)
    expect(desktop.badge).to_have_text("2")
    assert desktop.held() == phone.held() == {JUNIPER: 2}
