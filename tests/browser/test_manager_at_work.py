"""A manager at work without a mouse: an item of stock, what is kept back of it, a store's rules."""

from __future__ import annotations

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from handcart.pickups import planning
from handcart.stock import availability, rules
from handcart.testing import Street
from tests.browser.conftest import Opens
from tests.browser.furnishing import SHOP

pytestmark = pytest.mark.browser

SKU = "TIN-100"


class Admin:
    """A page of the app in the admin, used by keyboard alone."""

    def __init__(self, street: Street, opens: Opens, path: str) -> None:
        self.page: Page = opens(viewport={"width": 1180, "height": 820}).new_page()
        self.page.goto(f"{street.shop.url}/admin/apps/{street.shop.app.handle}{path}")
        self.frame: FrameLocator = self.page.frame_locator("#app-frame")

    def types(self, field: Locator, text: str) -> None:
        expect(field).to_be_visible()
        field.focus()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def presses(self, name: str) -> None:
        button = self.frame.get_by_role("button", name=name, exact=True)
        button.focus()
        self.page.keyboard.press("Enter")

    def unfolds(self, summary: str) -> None:
        self.frame.locator("summary", has_text=summary).focus()
        self.page.keyboard.press("Enter")


def variant_of(street: Street) -> int:
    return next(one.id for one in street.shop.world.variants.values() if one.sku == SKU)


def test_a_manager_scans_an_item_counts_it_and_keeps_some_back(
    street: Street, opens: Opens
) -> None:
    admin = Admin(street, opens, "/stock")
    admin.types(admin.frame.locator("#find"), SKU)
    admin.page.keyboard.press("Enter")
    expect(admin.frame.locator("#item-title")).to_contain_text(SKU)
    admin.types(admin.frame.get_by_label("Counted, with what waits for orders"), "9")
    admin.page.keyboard.press("Enter")
    expect(admin.frame.locator("#said")).to_have_text("Counted.")
    admin.unfolds("What is not sold of it")
    admin.types(admin.frame.locator("#rule-safety"), "4")
    admin.presses("Save")
    expect(admin.frame.locator("#said")).to_have_text("Saved.")
    expect(admin.frame.locator("#rules-of")).to_contain_text("4 are kept back.")
    with street.app.db.reading() as view:
        book = rules.rule_book(view, SHOP).by_place
        ((place, item),) = book
        found = availability.to_promise(
            view, SHOP, [variant_of(street)], channel="online", at=street.app.clock()
        )
    assert book[place, item].safety == 4
    assert found[variant_of(street)][place] == 5


def test_a_manager_opens_a_store_and_changes_what_it_promises(street: Street, opens: Opens) -> None:
    admin = Admin(street, opens, "/stores")
    link = admin.frame.get_by_role("link", name="Old Town").first
    expect(link).to_be_visible()
    link.focus()
    admin.page.keyboard.press("Enter")
    admin.types(admin.frame.locator("#prep_minutes"), "45")
    admin.page.keyboard.press("Enter")
    expect(admin.frame.locator("[role=status]").first).to_contain_text("Saved")
    store = next(one.id for one in street.shop.world.locations.values() if one.name == "Old Town")
    with street.app.db.reading() as view:
        assert planning.rules_of(view, SHOP, store).prep_minutes == 45
