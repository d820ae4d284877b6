"""What becomes of a cart after somebody has checked out, or tried to."""

from __future__ import annotations

from typing import Any

import pytest

from handcart.carts.snapshot import SnapshotLine
from handcart.testing.script import MARK

from .simulation import SimBrowser, SimWorld, key_of

TEA, MUG, POT = 101, 102, 103
MIRA = 7


@pytest.fixture
def phone(world: SimWorld) -> SimBrowser:
    phone = SimBrowser(world, "phone", customer_id=MIRA)
    phone.cart.put_in(TEA, 2)
    phone.sync()
    return phone


def buy(world: SimWorld, browser: SimBrowser) -> list[SnapshotLine]:
    token, bought = browser.cart.token, list(browser.cart.snapshot())
    browser.fresh_cart()
    world.order(token, 900, bought)
    browser.sync()
    return bought


def saved(browser: SimBrowser) -> dict[int, int]:
    return {line["variant_id"]: line["quantity"] for line in browser.script.answer["saved"]}


def test_a_payment_that_failed_gives_the_cart_back_on_every_device(
    world: SimWorld, phone: SimBrowser
) -> None:
    bought = buy(world, phone)
    assert world.customer_cart(MIRA) == {}
    assert [world.cancel(900, "declined", bought) for _ in range(3)] == [True, False, False]
    laptop = SimBrowser(world, "laptop", customer_id=MIRA)
    for browser in (laptop, phone):
        browser.sync()
        assert browser.cart.quantity(TEA) == 2


def test_an_order_that_its_shopper_cancelled_waits_on_the_list_for_later(
    world: SimWorld, phone: SimBrowser
) -> None:
    bought = buy(world, phone)
    assert world.cancel(900, "customer", bought)
    phone.sync()
    assert (phone.cart.lines, saved(phone)) == ([], {TEA: 2})


@pytest.mark.parametrize("reason", ["inventory", "fraud", "staff", "other", ""])
def test_what_the_shop_cancelled_for_its_own_reasons_comes_back_nowhere(
    world: SimWorld, phone: SimBrowser, reason: str
) -> None:
    bought = buy(world, phone)
    assert not world.cancel(900, reason, bought)
    phone.sync()
    assert (phone.cart.lines, saved(phone)) == ([], {})


def test_an_order_that_took_nothing_from_a_cart_gives_nothing_back(world: SimWorld) -> None:
    assert not world.cancel(901, "declined", [SnapshotLine(TEA, 1)])


def test_a_cancelled_order_that_is_told_of_late_takes_nothing_anew(
    world: SimWorld, phone: SimBrowser
) -> None:
    token = phone.cart.token
    bought = buy(world, phone)
    world.cancel(900, "declined", bought)
    world.order(token, 900, bought)
    assert world.customer_cart(MIRA) == {TEA: 2}


def test_until_somebody_pays_nothing_leaves_the_cart(world: SimWorld, phone: SimBrowser) -> None:
    """A checkout that is broken off at any step makes no order, so there is nothing to undo."""
    for _ in range(3):
        phone.cart.attributes["step"] = "payment"
        phone.sync()
        world.wait(600)
    assert world.customer_cart(MIRA) == {TEA: 2}
    assert phone.cart.quantity(TEA) == 2


def test_what_was_added_on_another_device_meanwhile_goes_on_to_the_next_cart(
    world: SimWorld, phone: SimBrowser
) -> None:
    laptop = SimBrowser(world, "laptop", customer_id=MIRA)
    laptop.sync()
    laptop.online = False
    laptop.cart.put_in(MUG, 1)
    buy(world, phone)
    laptop.online = True
    laptop.sync()
    phone.sync()
    assert (laptop.cart.quantity(TEA), laptop.cart.quantity(MUG)) == (0, 1)
    assert (phone.cart.quantity(TEA), phone.cart.quantity(MUG)) == (0, 1)


def test_what_a_partial_purchase_left_stays_on_every_device(
    world: SimWorld, phone: SimBrowser
) -> None:
    phone.cart.put_in(MUG, 2)
    phone.sync()
    laptop = SimBrowser(world, "laptop", customer_id=MIRA)
    laptop.sync()
    token = phone.cart.token
    phone.fresh_cart()
    world.order(token, 900, [SnapshotLine(TEA, 1), SnapshotLine(MUG, 2)])
    for browser in (laptop, phone):
        browser.sync()
        assert (browser.cart.quantity(TEA), browser.cart.quantity(MUG)) == (1, 0)


def test_what_was_moved_on_to_the_next_cart_is_said_on_the_device_that_shows_it(
    world: SimWorld, phone: SimBrowser
) -> None:
    laptop = SimBrowser(world, "laptop", customer_id=MIRA)
    laptop.sync()
    token, bought = phone.cart.token, list(phone.cart.snapshot())
    laptop.cart.put_in(MUG, 1)
    phone.fresh_cart()
    laptop.sync()
    world.order(token, 900, bought)
    answer = laptop.post(report_of(laptop))
    assert answer is not None
    told = [(line["variant_id"], line["before"], line["now"]) for line in answer["changed"]]
    assert told == [(TEA, 2, 0)]


def test_the_other_device_is_told_once_what_was_bought_and_keeps_what_it_had_added(
    world: SimWorld, phone: SimBrowser
) -> None:
    phone.cart.put_in(POT, 1)
    phone.sync()
    laptop = SimBrowser(world, "laptop", customer_id=MIRA)
    laptop.sync()
    phone.cart.put_to(POT, 0)
    laptop.cart.put_in(MUG, 1)
    buy(world, phone)
    assert told(phone) == {}
    laptop.sync()
    assert told(laptop) == {TEA: (2, "Variant 101")}
    assert laptop.cart.quantity(MUG) == 1
    for browser in (laptop, phone):
        browser.sync()
        assert told(browser) == {}


def test_a_line_that_was_only_taken_out_elsewhere_was_not_bought(
    world: SimWorld, phone: SimBrowser
) -> None:
    laptop = SimBrowser(world, "laptop", customer_id=MIRA)
    laptop.sync()
    phone.cart.put_to(TEA, 0)
    phone.sync()
    laptop.sync()
    assert (laptop.cart.lines, told(laptop)) == ([], {})


def test_what_was_bought_elsewhere_is_said_again_when_the_page_was_left_before_it_heard(
    world: SimWorld, phone: SimBrowser
) -> None:
    laptop = SimBrowser(world, "laptop", customer_id=MIRA)
    laptop.sync()
    buy(world, phone)
    laptop.answer_lost = True
    assert not laptop.sync()
    laptop.cart.put_in(POT, 1)
    laptop.sync()
    assert {variant: many for variant, (many, _) in told(laptop).items()} == {TEA: 2}
    laptop.sync()
    assert (laptop.cart.quantities(), told(laptop)) == ({key_of(POT): 1}, {})


def test_a_repeated_order_is_the_first_one_and_takes_nothing_more(
    world: SimWorld, phone: SimBrowser
) -> None:
    token = phone.cart.token
    buy(world, phone)
    phone.cart.put_in(TEA, 3)
    phone.sync()
    for _ in range(3):
        world.order(token, 900, [SnapshotLine(TEA, 2)])
        world.order(phone.cart.token, 900, [SnapshotLine(TEA, 3)])
    assert world.customer_cart(MIRA) == {TEA: 3}


def told(browser: SimBrowser) -> dict[int, tuple[int, str]]:
    """What the last answers said was bought elsewhere."""
    return {line["variant_id"]: (line["quantity"], line["title"]) for line in browser.script.bought}


def report_of(browser: SimBrowser) -> dict[str, Any]:
    """What the browser's script would send now."""
    seen = browser.cart.read()
    return {
        "token": seen["token"],
        "lines": [
            {"variant_id": one["variant_id"], "quantity": one["quantity"]} for one in seen["items"]
        ],
        "mark": seen["attributes"].get(MARK, ""),
        "read_at": browser.script.now(),
        "device": browser.script.storage.get("device"),
    }
