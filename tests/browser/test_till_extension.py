"""The extension of the platform's till, built as the platform builds it, against the real app.

What is played here is the till around it (``pos.js``): its cart, its scanner, its components.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from handcart.localshop import orders, tokens
from handcart.localshop.world import OrderLine
from handcart.testing import Street
from tests.browser.bundles import EXTENSIONS, bundle
from tests.browser.conftest import DESKTOP, Opens
from tests.browser.shopper import Device

pytestmark = pytest.mark.browser

TILL = "handcart-till"
SOFIA, JONAS = "sofia@example.com", "jonas@example.com"
JUNIPER, TIN = "Mountain Juniper Tea", "Tea Tin"
POS = Path(__file__).with_name("pos.js").read_text()


class Pos:
    """A till of the platform on which staff have opened the extension."""

    def __init__(self, street: Street, context: BrowserContext, *, locale: str) -> None:
        self.street = street
        self.page: Page = context.new_page()
        # A blank page at the app's address: the till completes relative addresses with it.
        blank = '<!doctype html><link rel="icon" href="data:,"><body>'
        self.page.route(
            "**/blank", lambda route: route.fulfill(body=blank, content_type="text/html")
        )
        self.page.goto(f"{street.url}/blank")
        world = street.shop.world
        token = tokens.mint_id_token(world, street.shop.app, min(world.staff), datetime.now(UTC))
        words = json.loads((EXTENSIONS / TILL / "locales" / f"{locale}.json").read_text())
        self.page.evaluate(POS, {"words": words, "token": token})

    def open(self, module: str) -> None:
        self.page.add_script_tag(content=bundle(TILL, module))
        self.page.evaluate("document.body.replaceChildren(); extension.default()")

    def cart(self) -> Any:
        return self.page.evaluate("pos.cart.value")

    def lines(self) -> dict[int, int]:
        return {line["variantId"]: line["quantity"] for line in self.cart()["lineItems"]}

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def until_toast(self, text: str) -> None:
        self.page.wait_for_function("text => pos.toasts.includes(text)", arg=text)

    def pay(self) -> None:
        """What the till makes an order of: its lines, and its properties as note attributes."""
        world, cart = self.street.shop.world, self.cart()
        orders.sell_in_store(
            world,
            lines=[
                OrderLine(line["variantId"], line["quantity"], line["properties"] or {})
                for line in cart["lineItems"]
            ],
            location_id=min(world.locations),
            staff_id=min(world.staff),
            customer_id=(cart.get("customer") or {}).get("id"),
            note_attributes=cart["properties"],
        )
        self.street.settle()


@pytest.fixture
def pos(street: Street, opens: Opens) -> Pos:
    pos = Pos(street, opens(**DESKTOP), locale="en.default")
    pos.open("src/Modal.jsx")
    return pos


def test_a_scanned_code_fills_the_till_and_its_sale_empties_the_phone(
    pos: Pos, phone: Device, street: Street
) -> None:
    phone.sign_in(SOFIA)
    phone.add("mountain-juniper-tea", 2)
    phone.add("tea-tin")
    phone.until_told()
    phone.open_cart()
    phone.page.get_by_role("button", name="Continue on another device").click()
    code = phone.page.locator(".handcart-cart code").inner_text()

    pos.page.evaluate("link => pos.scan(link)", f"{street.shop.url}/#handcart={code}")
    pos.until_toast("The shopper's cart is on the till.")
    assert sorted(pos.lines().values()) == [1, 2]
    sofia = street.shop.world.customer_by_email(SOFIA)
    assert sofia is not None
    assert pos.cart()["customer"] == {"id": sofia.id}
    pos.pay()
    expect(phone.badge).to_have_text("0")
    phone.until_told()
    assert phone.held() == {}


def test_a_customer_is_found_by_name_and_what_cannot_be_sold_is_counted(
    pos: Pos, phone: Device, street: Street
) -> None:
    phone.sign_in(JONAS)
    phone.add("mountain-juniper-tea")
    phone.add("tea-tin")
    phone.until_told()
    gone = next(one.id for one in street.shop.world.variants.values() if one.sku == "TIN-100")
    pos.page.evaluate("id => pos.gone.push(id)", gone)
    pos.page.get_by_label("Name, e-mail or phone number").fill("jonas")
    pos.press("Find")
    pos.page.get_by_role("button", name=JONAS).click()
    pos.until_toast("On the till; 1 of the lines cannot be sold here.")
    assert list(pos.lines().values()) == [1]
    pos.pay()
    expect(phone.badge).to_have_text("1")
    phone.until_told()
    assert phone.held() == {TIN: 1}


def test_what_lies_on_the_till_goes_to_a_phone(pos: Pos, phone: Device, street: Street) -> None:
    variant = next(one.id for one in street.shop.world.variants.values() if one.sku == "TIN-100")
    pos.page.evaluate("id => shopify.cart.addLineItem(id, 2)", variant)
    pos.press("Pass it on")
    link = pos.page.get_by_text("#handcart=")
    expect(link).to_be_visible()
    assert pos.lines() == {}
    phone.page.goto(link.inner_text())
    expect(phone.badge).to_have_text("2")
    assert phone.held() == {TIN: 2}


def test_a_wrong_code_is_said_and_leaves_the_till_as_it_was(pos: Pos, trouble: Any) -> None:
    trouble.expect("404", "/till/cart")
    pos.page.evaluate("shopify.cart.addCartProperties({Mine: 'yes'})")
    pos.page.get_by_label("Code, or scan it").fill("x" * 27)
    pos.press("Take this cart")
    expect(pos.page.get_by_text("This code is over.")).to_be_visible()
    assert pos.cart()["properties"] == {"Mine": "yes"}


def test_the_tile_opens_the_modal_in_the_language_of_the_till(street: Street, opens: Opens) -> None:
    pos = Pos(street, opens(**DESKTOP), locale="fa")
    pos.open("src/Tile.jsx")
    tile = pos.page.locator("s-tile")
    assert tile.get_attribute("subheading") == "سبدها از گوشی به صندوق و برعکس"
    tile.dispatch_event("click")
    assert pos.page.evaluate("pos.presented") is True
