"""Use cases that run at the same moment end as if they had run one after the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from handcart.carts import service as carts
from handcart.carts import store as cart_store
from handcart.carts.sighting import Sighting
from handcart.carts.snapshot import SnapshotLine
from handcart.errors import StaleWrite
from handcart.keys import Keyring
from handcart.pickups import OrderSeen, State
from handcart.pickups import service as pickups
from handcart.pickups import store as pickup_store
from handcart.platform.port import FulfillmentOrder, StockLevel, StoreLocation
from handcart.stock import service as stock
from handcart.stock import store as stock_store
from handcart.storage import Database
from handcart.testing.queue_battery import at_once

SHOP = "juniper-tea.myshopify.com"
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def in_turn(db: Database, use_case: Callable[..., Any], *given: Any, **more: Any) -> Any:
    """The use case in a transaction of its own, again from the start when it came second."""
    for _ in range(40):
        try:
            with db.writing() as work:
                return use_case(work, SHOP, *given, **more)
        except StaleWrite:
            continue
    raise AssertionError("it never had its turn")


def routed(number: int) -> FulfillmentOrder:
    return FulfillmentOrder(
        fulfillment_order_id=9000 + number,
        order_id=number,
        order_name=f"#{number}",
        method="pick_up",
        status="open",
        location_id=31,
        customer_name="Mina Sato",
        customer_id=77,
        covers_order=True,
        updated_at=AT,
        lines=(),
    )


def cancelled(number: int) -> OrderSeen:
    return OrderSeen(
        order_id=number,
        name=f"#{number}",
        order_token=f"token {number}",
        customer_id=77,
        customer_name="Mina Sato",
        updated_at=AT,
        cancelled_at=AT,
        fulfilled=False,
    )


def test_a_pickup_that_is_routed_while_its_order_is_cancelled_does_not_stay_open(
    db: Database,
) -> None:
    for number in range(1, 21):
        at_once(
            [
                partial(in_turn, db, pickups.request_pickup, routed(number), at=AT),
                partial(in_turn, db, pickups.order_seen, order=cancelled(number), at=AT),
            ]
        )
    with db.reading() as view:
        found = [pickup_store.of_order(view, SHOP, number) for number in range(1, 21)]
    assert {pickup.state for pickups in found for pickup in pickups} <= {State.CANCELLED}


def test_guesses_of_a_code_at_the_same_moment_are_all_counted(
    db: Database, keyring: Keyring
) -> None:
    in_turn(db, pickups.request_pickup, routed(1), at=AT)
    checks: list[Any] = []

    def guess() -> None:
        wrong = in_turn(db, pickups.check_code, "9001", code="0000 0000", keyring=keyring, at=AT)
        checks.append(wrong)

    at_once([guess] * 12)
    counted = [check.tries_left for check in checks if check.locked_until is None]
    assert sorted(counted, reverse=True) == [4, 3, 2, 1]


def test_devices_of_one_shopper_that_report_at_once_all_find_their_lines_in_the_cart(
    db: Database,
) -> None:
    def report(number: int) -> None:
        line = SnapshotLine(100 + number, 1, {}, None)
        sighting = Sighting(f"cart-{number}", f"digest {number}", (line,))
        in_turn(db, carts.sync, sighting, device_id=None, customer_id=7, at=AT)

    at_once([partial(report, number) for number in range(8)])
    with db.reading() as view:
        cart = cart_store.open_cart(view, SHOP, "customer:7")
    assert cart is not None
    assert sum(cart.cart.quantities().values()) == 8
    assert len(cart.cart.quantities()) == 8


def test_what_is_heard_of_stock_while_it_is_mirrored_is_not_undone(db: Database) -> None:
    place = StoreLocation(1, "Harbour", "Quay 1", "", True, True, "Mo-Fr 09:00-19:00")
    items = range(501, 531)
    old = [StockLevel(item, item, 1, 5, AT) for item in items]
    in_turn(db, stock.mirror, locations=[place], levels=old, at=AT)
    later = AT + timedelta(minutes=1)

    def hear() -> None:
        for item in items:
            told = {"inventory_item_id": item, "location_id": 1, "available": 2}
            in_turn(db, stock.level_changed, **told, updated_at=later, at=later)

    def mirror() -> None:
        for _ in range(5):
            in_turn(db, stock.mirror, locations=[place], levels=old, at=AT)

    at_once([hear, mirror])
    with db.writing() as work:
        levels = stock_store.all_levels(work, SHOP)
    assert [levels[item, 1].available for item in items] == [2] * 30
