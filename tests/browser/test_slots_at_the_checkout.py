"""The last place of a slot, and who gets it: from the cart page through the shop's checkout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from handcart.pickups import Pickup, planning
from handcart.pickups.rules import StoreRules
from handcart.stock import holds
from handcart.testing import Street
from tests.browser.conftest import DESKTOP, PHONE, Opens
from tests.browser.furnishing import SHOP
from tests.browser.shopper import Device
from tests.browser.trouble import Trouble

pytestmark = pytest.mark.browser
STORE = "Sea Garden"


@pytest.fixture(autouse=True)
def one_each(street: Street) -> Iterator[None]:
    """A slot of the store takes one order, day and night."""
    rules = StoreRules(
        hours="24/7", prep_minutes=10, slot_minutes=120, slot_capacity=1, time_zone="Europe/Sofia"
    )
    with street.app.db.writing() as work:
        planning.set_rules(work, SHOP, place(street), rules, by="staff:7", at=street.app.clock())
    yield


def place(street: Street) -> int:
    return next(one.id for one in street.shop.world.locations.values() if one.name == STORE)


def chooses(shopper: Device, slot: str = "") -> str:
    """The store and a slot on the cart page: that one, or some later one; its moment."""
    page = shopper.visit("/cart")
    page.get_by_role("button", name=re.compile("^Choose a")).click()
    page.get_by_role("dialog").get_by_role("button", name=f"Choose: {STORE}").click()
    times = page.get_by_label("When will you come?")
    expect(times).to_be_visible()
    value = slot or times.locator("option").nth(4).get_attribute("value")
    assert value
    with page.expect_response("**/cart/update.js*"):
        times.select_option(value)
    return value


def pays(page: Page) -> None:
    email = page.get_by_label("Email")
    if not email.input_value():
        email.fill("guest@example.com")
    page.get_by_role("button", name="Pay now").click()


def pickups(street: Street) -> list[Pickup]:
    street.settle()
    return street.pickups()


def test_a_slot_from_the_cart_page_is_the_promise_of_the_order(
    street: Street, opens: Opens
) -> None:
    shopper = Device(street, opens(**PHONE))
    shopper.add("tea-tin")
    shopper.until_told()
    slot = chooses(shopper)
    page = shopper.page
    page.get_by_role("button", name="Check out").click()
    expect(page.get_by_role("radio", name=re.compile("^Pick up in store"))).to_be_checked()
    expect(page.get_by_role("radio", name=re.compile(f"^{STORE}"))).to_be_checked()
    expect(page.get_by_label(f"When will you come to {STORE}?")).to_have_value(slot)
    with street.app.db.reading() as view:
        token = shopper._cart()["token"].partition("?")[0]
        assert sum(holds.units_of(view, SHOP, holds.of_cart(token)).values()) == 1
    pays(page)
    expect(page.get_by_role("heading", name=re.compile("^Thank you"))).to_be_visible()
    [pickup] = pickups(street)
    assert pickup.promised_at == datetime.fromisoformat(slot)


def test_of_two_who_check_out_together_one_gets_the_last_place_and_one_is_offered_others(
    street: Street, opens: Opens, trouble: Trouble
) -> None:
    trouble.expect("409", "/reservation")
    first, second = Device(street, opens(**PHONE)), Device(street, opens(**DESKTOP))
    for shopper in (first, second):
        shopper.add("tea-tin")
        shopper.until_told()
    slot = chooses(first)
    chooses(second, slot)
    first.page.get_by_role("button", name="Check out").click()
    expect(first.page.get_by_role("heading", name="Checkout")).to_be_visible()
    # The other hears of it where they are, with the times that are left.
    second.page.get_by_role("button", name="Check out").click()
    expect(
        second.page.get_by_text("This time has just been taken. Choose another.")
    ).to_be_visible()
    times = second.page.get_by_label("When will you come?")
    expect(times.locator(f"option[value='{slot}']")).to_have_count(0)
    other = times.locator("option").nth(4).get_attribute("value")
    assert other
    with second.page.expect_response("**/cart/update.js*"):
        times.select_option(other)
    second.page.get_by_role("button", name="Check out").click()
    for shopper in (second, first):
        pays(shopper.page)
        expect(shopper.page.get_by_role("heading", name=re.compile("^Thank you"))).to_be_visible()
    promised = sorted(one.promised_at.isoformat() for one in pickups(street) if one.promised_at)
    assert {slot, other} <= set(promised)
    assert len(set(promised)) == len(promised)


def test_a_slot_that_went_while_the_checkout_was_open_is_said_with_others_offered(
    street: Street, opens: Opens, trouble: Trouble
) -> None:
    trouble.expect("422", "/checkout")
    shopper = Device(street, opens(**DESKTOP))
    shopper.add("tea-tin")
    shopper.until_told()
    page = shopper.visit("/checkout")
    page.get_by_role("radio", name=re.compile("^Pick up in store")).check()
    page.get_by_role("radio", name=re.compile(f"^{STORE}")).check()
    times = page.get_by_label(f"When will you come to {STORE}?")
    slot = times.locator("option").nth(2).get_attribute("value")
    assert slot
    times.select_option(slot)
    app = street.app
    with app.db.writing() as work:
        planning.hold(
            work,
            SHOP,
            planning.Slot(place(street), datetime.fromisoformat(slot)),
            hold_id="cart:another",
            units=1,
            at=app.clock(),
            until=app.clock() + timedelta(minutes=10),
        )
    orders = len(street.shop.world.orders)
    pays(page)
    expect(page.get_by_role("alert")).to_have_text("This time has just been taken. Choose another.")
    expect(times.locator(f"option[value='{slot}']")).to_have_count(0)
    assert len(street.shop.world.orders) == orders
    times.select_option(index=0)
    pays(page)
    expect(page.get_by_role("heading", name=re.compile("^Thank you"))).to_be_visible()
