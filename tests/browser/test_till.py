from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from handcart.testing import Street
from tests.browser.conftest import DESKTOP, Opens
from tests.browser.shopper import Device
from tests.browser.staff import Till

pytestmark = pytest.mark.browser

STORE = "Vitosha Street"


def test_a_sale_at_the_till_lowers_the_stock_on_the_product_page(
    street: Street, desktop: Device, opens: Opens
) -> None:
    desktop.visit("/products/tea-tin")
    before = count(at_store(desktop))
    till = Till(street, opens(**DESKTOP))
    till.ring_up("TIN-100", 2)
    expect(till.page.get_by_role("button", name="Pay €15.00")).to_be_enabled()
    till.pay()
    expect(till.page.locator("#nothing")).to_be_visible()
    street.settle()

    desktop.page.reload()
    expect(at_store(desktop)).to_contain_text(str(before - 2))
    assert count(at_store(desktop)) == before - 2


def at_store(shopper: Device) -> Locator:
    row = shopper.page.locator(".handcart-stock li", has_text=STORE)
    expect(row).to_be_visible()
    return row


def count(row: Locator) -> int:
    found = re.search(r"\d+", row.inner_text())
    assert found is not None
    return int(found[0])
