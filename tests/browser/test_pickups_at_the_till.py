"""The tile and the modal of the till: the same queue as on the counter's page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from handcart.pickups import State, code_for
from handcart.testing import Street
from tests.browser.conftest import Opens
from tests.browser.extension import built, open_target, targets
from tests.browser.furnishing import SHOP, order
from tests.browser.trouble import Trouble

pytestmark = pytest.mark.browser

NAME, STORE = "handcart-pos-pickups", "Sea Garden"
TILE, MODAL = "pos.home.tile.render", "pos.home.modal.render"


def store(street: Street) -> int:
    return next(one.id for one in street.shop.world.locations.values() if one.name == STORE)


def test_the_extension_is_small_and_names_what_it_renders() -> None:
    assert set(targets(NAME)) == {TILE, MODAL}
    for target, module in targets(NAME).items():
        script = built(module)
        assert "s-tile" in script if target == TILE else "s-page" in script
        assert len(script.encode()) < 64 * 1024


def test_the_tile_counts_what_waits_and_opens_the_modal(street: Street, opens: Opens) -> None:
    order(street, {"TIN-100": 1}, store=STORE)
    page = open_target(street, opens(), NAME, TILE, location_id=store(street))
    tile = page.locator("s-tile")
    expect(tile).to_have_attribute("subheading", "1 to prepare, 0 ready", timeout=20_000)
    tile.dispatch_event("click")
    assert page.evaluate("window.presented") == 1


def test_an_order_goes_over_the_till_from_request_to_collection(
    street: Street, opens: Opens, trouble: Trouble
) -> None:
    trouble.expect("403", "/collected")
    made = order(street, {"MUG-GLS": 2}, store=STORE)
    name = street.shop.world.orders[made.number].name
    pickup = next(one for one in street.pickups() if one.order_name == name)
    page = open_target(street, opens(), NAME, MODAL, location_id=store(street))
    card = page.locator("s-box").filter(has_text=f"{name} Mira")
    expect(card).to_contain_text("2 × Glass Infuser Mug", timeout=20_000)
    card.get_by_text("Mark ready").dispatch_event("click")
    expect(page.locator("s-banner")).to_have_attribute("heading", f"{name} is ready.")
    give = card.get_by_text("Hand over", exact=True)
    expect(give).to_have_count(1)
    type_code(card, "00000000")
    give.dispatch_event("click")
    refused = "That is not the code of this order."
    expect(page.locator("s-banner")).to_have_attribute("heading", refused)
    type_code(card, code_for(street.app.keyring, SHOP, pickup.pickup_id, generation=1))
    give.dispatch_event("click")
    expect(page.locator("s-banner")).to_have_attribute("heading", f"{name} is handed over.")
    expect(card).to_have_count(0)
    street.settle()
    assert street.shop.world.orders[made.number].fulfillment_status == "fulfilled"
    assert all(one.state is not State.READY for one in street.pickups() if one.order_name == name)


def type_code(card: Locator, code: str) -> None:
    field = card.locator("s-text-field")
    field.evaluate(
        "(field, code) => { field.value = code; field.dispatchEvent(new Event('input')); }", code
    )
