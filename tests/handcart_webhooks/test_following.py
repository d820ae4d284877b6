"""What the merchant does with an order in the admin is followed by its pickup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from handcart import Handcart
from handcart.pickups import Pickup, State, service, store
from handcart.platform.port import FulfillmentLine, FulfillmentOrder

from .conftest import Client, Clock
from .draining import drain as work_off

SHOP = "juniper-tea.myshopify.com"
Change = Callable[..., None]


class Orders:
    """A platform that knows fulfillment orders, and says what they are now."""

    def __init__(self, *known: FulfillmentOrder) -> None:
        self.known = {one.fulfillment_order_id: one for one in known}

    def fulfillment_order(self, fulfillment_order_id: int) -> FulfillmentOrder | None:
        return self.known.get(fulfillment_order_id)

    def fulfillment_orders(self, order_id: int) -> list[FulfillmentOrder]:
        return [one for one in self.known.values() if one.order_id == order_id]

    def change(self, number: int = 9001, **changes: Any) -> None:
        known = self.known[number]
        newer = known.updated_at + timedelta(seconds=5)
        self.known[number] = replace(known, updated_at=newer, **changes)


def line(line_id: int, units: int) -> FulfillmentLine:
    return FulfillmentLine(line_id, 501, "Gyokuro", "GYO", units, units)


@pytest.fixture
def platform(
    installed: Handcart, clock: Clock, monkeypatch: pytest.MonkeyPatch, client: Client
) -> Orders:
    """The order's pickup is ready at store 31."""
    order = FulfillmentOrder(
        fulfillment_order_id=9001,
        order_id=1001,
        order_name="#1001",
        method="pick_up",
        status="open",
        location_id=31,
        customer_name="Mina Sato",
        customer_id=77,
        covers_order=True,
        updated_at=clock(),
        lines=(line(71, 2), line(72, 1)),
    )
    orders = Orders(order)
    monkeypatch.setattr(installed, "platform", lambda shop: orders)
    client.post("fulfillment_orders/order_routing_complete", named("fulfillment_order"))
    work_off(installed)
    with installed.db.writing() as work:
        service.mark_ready(work, SHOP, "9001", by="staff:7", at=clock())
    return orders


def named(key: str, number: int = 9001) -> dict[str, Any]:
    return {key: {"id": f"gid://shopify/FulfillmentOrder/{number}", "status": "open"}}


def pickup(app: Handcart, number: int = 9001) -> Pickup:
    with app.db.reading() as view:
        return store.get(view, SHOP, str(number))


def waiting(app: Handcart, location_id: int) -> list[str]:
    with app.db.reading() as view:
        return [one.pickup_id for one in store.waiting(view, SHOP, location_id)]


def hear(app: Handcart, client: Client, topic: str, body: dict[str, Any]) -> None:
    client.post(topic, body)
    work_off(app)


def test_a_moved_order_waits_at_the_other_store_and_is_prepared_anew(
    installed: Handcart, platform: Orders, client: Client
) -> None:
    platform.change(location_id=32)
    body = {**named("original_fulfillment_order"), **named("moved_fulfillment_order")}
    hear(installed, client, "fulfillment_orders/moved", body)
    assert (waiting(installed, 31), waiting(installed, 32)) == ([], ["9001"])
    moved = pickup(installed)
    assert (moved.state, [each.packed for each in moved.lines]) == (State.REQUESTED, [0, 0])


def test_a_split_order_becomes_two_pickups(
    installed: Handcart, platform: Orders, client: Client
) -> None:
    rest = replace(platform.known[9001], fulfillment_order_id=9002, lines=(line(81, 1),))
    platform.known[9002] = rest
    platform.change(lines=(line(71, 2),))
    body = {
        **named("fulfillment_order"),
        **named("remaining_fulfillment_order", 9002),
        "replacement_fulfillment_order": None,
    }
    hear(installed, client, "fulfillment_orders/split", body)
    assert waiting(installed, 31) == ["9001", "9002"]
    assert (pickup(installed).state, pickup(installed).units) == (State.READY, 2)
    assert (pickup(installed, 9002).state, pickup(installed, 9002).units) == (State.REQUESTED, 1)


def test_an_order_on_hold_leaves_the_queue_and_comes_back(
    installed: Handcart, platform: Orders, client: Client
) -> None:
    platform.change(status="on_hold")
    hear(installed, client, "fulfillment_orders/placed_on_hold", named("fulfillment_order"))
    assert (waiting(installed, 31), pickup(installed).held) == ([], True)
    platform.change(status="open")
    hear(installed, client, "fulfillment_orders/hold_released", named("fulfillment_order"))
    assert (waiting(installed, 31), pickup(installed).held) == (["9001"], False)
    assert pickup(installed).state is State.READY


def test_a_cancelled_fulfillment_order_ends_its_pickup_and_the_one_in_its_place_waits(
    installed: Handcart, platform: Orders, client: Client
) -> None:
    """What ``fulfillmentOrderCancel`` leaves behind: the order is still to be fulfilled."""
    platform.known[9002] = replace(platform.known[9001], fulfillment_order_id=9002)
    platform.change(status="cancelled", lines=(line(71, 0), line(72, 0)))
    body = {**named("fulfillment_order"), **named("replacement_fulfillment_order", 9002)}
    hear(installed, client, "fulfillment_orders/cancelled", body)
    assert pickup(installed).state is State.CANCELLED
    assert waiting(installed, 31) == ["9002"]


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("orders/edited", {"order_edit": {"id": 1, "order_id": 1001}}),
        ("refunds/create", {"id": 5, "order_id": 1001}),
    ],
)
def test_an_edited_or_refunded_order_loses_lines(
    topic: str, body: dict[str, Any], installed: Handcart, platform: Orders, client: Client
) -> None:
    platform.change(lines=(line(71, 1),))
    hear(installed, client, topic, body)
    assert [each.asked for each in pickup(installed).lines] == [1, 0]
    assert pickup(installed).state is State.READY
    platform.change(status="closed", lines=())
    hear(installed, client, topic, body | {"again": 1})
    assert pickup(installed).state is State.CANCELLED


def test_older_news_read_late_changes_nothing(
    installed: Handcart, platform: Orders, client: Client
) -> None:
    before = platform.known[9001]
    platform.change(location_id=32)
    hear(installed, client, "fulfillment_orders/moved", named("moved_fulfillment_order"))
    now = pickup(installed)
    platform.known[9001] = before
    body = named("moved_fulfillment_order") | named("original_fulfillment_order")
    hear(installed, client, "fulfillment_orders/moved", body)
    assert pickup(installed) == now


def test_a_webhook_that_names_nothing_rests(installed: Handcart, client: Client) -> None:
    hear(installed, client, "fulfillment_orders/moved", {"destination_location_id": "x"})
    assert installed.engine.counts(SHOP)["dead"] == 1
