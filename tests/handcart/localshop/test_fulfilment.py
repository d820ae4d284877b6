from __future__ import annotations

import pytest

from handcart.localshop import fulfilment, orders
from handcart.localshop.refusals import Refused
from handcart.localshop.world import FulfillmentOrder, OrderLine, Pickup, World


@pytest.fixture
def waiting(world: World) -> FulfillmentOrder:
    """Two units of one thing and one of another, for pickup at the first store."""
    one, other = sorted(world.variants)[:2]
    order = orders.place(
        world,
        lines=[OrderLine(one, 2), OrderLine(other, 1)],
        email="mira@example.com",
        delivery=Pickup(min(world.locations)),
    )
    world.emitted.clear()
    return world.fulfillment_orders_of(order.id)[0]


def topics(world: World) -> list[str]:
    return [topic for topic, _ in world.emitted]


def committed(world: World, location_id: int) -> int:
    return sum(
        level.committed for level in world.levels.values() if level.location_id == location_id
    )


def test_preparing_is_told_once_and_changes_no_state(
    world: World, waiting: FulfillmentOrder
) -> None:
    fulfilment.prepare_for_pickup(world, waiting.id)
    assert topics(world) == ["fulfillment_orders/line_items_prepared_for_pickup"]
    assert waiting.status == "OPEN"
    with pytest.raises(Refused) as refused:
        fulfilment.prepare_for_pickup(world, waiting.id)
    assert refused.value.code == "NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER"
    assert len(world.emitted) == 1


def test_only_a_pickup_can_be_prepared(world: World) -> None:
    with pytest.raises(Refused) as refused:
        fulfilment.prepare_for_pickup(world, 1)
    assert refused.value.code == "FULFILLMENT_ORDER_INVALID"
    assert refused.value.field == (
        "input",
        "lineItemsByFulfillmentOrder",
        "0",
        "fulfillmentOrderId",
    )


def test_handing_over_everything_closes_it_and_takes_the_goods_off_the_books(
    world: World, waiting: FulfillmentOrder
) -> None:
    on_hand = sum(level.on_hand for level in world.levels.values())
    fulfillment = fulfilment.fulfil(world, waiting.id)
    assert topics(world) == ["fulfillments/create", "orders/fulfilled", "orders/updated"]
    assert (waiting.status, fulfillment.name) == ("CLOSED", "#1001.1")
    assert world.orders[waiting.order_id].fulfillment_status == "fulfilled"
    assert committed(world, waiting.location_id) == 0
    assert sum(level.on_hand for level in world.levels.values()) == on_hand - 3


def test_handing_over_a_part_leaves_the_rest_open(world: World, waiting: FulfillmentOrder) -> None:
    line = waiting.lines[0]
    fulfilment.fulfil(world, waiting.id, {line.id: 1})
    assert topics(world) == ["fulfillments/create", "orders/partially_fulfilled", "orders/updated"]
    assert (waiting.status, line.remaining) == ("IN_PROGRESS", 1)
    assert committed(world, waiting.location_id) == 2
    assert fulfilment.fulfil(world, waiting.id).name == "#1001.2"
    assert waiting.status == "CLOSED"


@pytest.mark.parametrize("quantity", [0, -1, 3])
def test_a_wrong_quantity_is_refused_and_changes_nothing(
    world: World, waiting: FulfillmentOrder, quantity: int
) -> None:
    with pytest.raises(Refused):
        fulfilment.fulfil(world, waiting.id, {waiting.lines[0].id: quantity})
    with pytest.raises(Refused):
        fulfilment.fulfil(world, waiting.id, {1: 1})
    with pytest.raises(Refused):
        fulfilment.fulfil(world, waiting.id, {})
    assert (world.emitted, world.fulfillments) == ([], {})
    assert committed(world, waiting.location_id) == 3


def test_what_is_closed_cannot_be_handed_over_again(
    world: World, waiting: FulfillmentOrder
) -> None:
    fulfilment.fulfil(world, waiting.id)
    world.emitted.clear()
    for act in (fulfilment.fulfil, fulfilment.prepare_for_pickup, fulfilment.cancel):
        with pytest.raises(Refused):
            act(world, waiting.id)
    assert world.emitted == []


def test_a_cancelled_one_is_replaced_and_its_goods_stay_promised(
    world: World, waiting: FulfillmentOrder
) -> None:
    cancelled, replacement = fulfilment.cancel(world, waiting.id)
    assert (cancelled.status, replacement.status) == ("CANCELLED", "OPEN")
    assert [line.remaining for line in replacement.lines] == [2, 1]
    assert replacement.prepared_at is None
    assert committed(world, waiting.location_id) == 3
    [(topic, body)] = world.emitted
    assert topic == "fulfillment_orders/cancelled"
    assert body["replacement_fulfillment_order"]["status"] == "open"


def test_one_that_was_begun_cannot_be_cancelled(world: World, waiting: FulfillmentOrder) -> None:
    fulfilment.fulfil(world, waiting.id, {waiting.lines[0].id: 1})
    with pytest.raises(Refused) as refused:
        fulfilment.cancel(world, waiting.id)
    assert refused.value.code == "FULFILLMENT_ORDER_HAS_MANUALLY_REPORTED_PROGRESS"


def test_moving_takes_the_promise_along(world: World, waiting: FulfillmentOrder) -> None:
    source, target = sorted(world.locations)[:2]
    moved, rest = fulfilment.move(world, waiting.id, target)
    assert (moved.id, moved.location_id, rest) == (waiting.id, target, None)
    assert (committed(world, source), committed(world, target)) == (0, 3)
    assert topics(world) == ["fulfillment_orders/moved"] + ["inventory_levels/update"] * 4


def test_moving_what_was_begun_makes_a_new_one_of_the_rest(
    world: World, waiting: FulfillmentOrder
) -> None:
    source, target = sorted(world.locations)[:2]
    fulfilment.fulfil(world, waiting.id, {waiting.lines[0].id: 1})
    moved, original = fulfilment.move(world, waiting.id, target)
    assert original is waiting
    assert (waiting.status, moved.status) == ("CLOSED", "OPEN")
    assert [line.remaining for line in moved.lines] == [1, 1]
    assert (committed(world, source), committed(world, target)) == (0, 2)


def test_moving_to_nowhere_or_to_the_same_place_is_refused(
    world: World, waiting: FulfillmentOrder
) -> None:
    for place in (1, waiting.location_id):
        with pytest.raises(Refused):
            fulfilment.move(world, waiting.id, place)
    assert world.emitted == []


def test_a_split_leaves_the_rest_and_moves_no_goods(
    world: World, waiting: FulfillmentOrder
) -> None:
    first, second = waiting.lines
    promised = committed(world, waiting.location_id)
    stays, new = fulfilment.split(world, waiting.id, {first.id: 1, second.id: 1})
    assert [(line.id, line.total, line.remaining) for line in stays.lines] == [(first.id, 1, 1)]
    assert [(line.total, line.remaining) for line in new.lines] == [(1, 1), (1, 1)]
    assert (new.status, new.method, new.location_id) == ("OPEN", "PICK_UP", waiting.location_id)
    assert committed(world, waiting.location_id) == promised
    assert topics(world) == ["fulfillment_orders/split"]


def test_a_split_that_leaves_nothing_is_refused(world: World, waiting: FulfillmentOrder) -> None:
    with pytest.raises(Refused) as refused:
        fulfilment.split(world, waiting.id, {line.id: line.total for line in waiting.lines})
    assert refused.value.code == "INVALID_LINE_ITEM_QUANTITY"
    assert topics(world) == []


def test_what_is_on_hold_is_not_handed_over_until_it_is_released(
    world: World, waiting: FulfillmentOrder
) -> None:
    fulfilment.hold(world, waiting.id)
    with pytest.raises(Refused):
        fulfilment.fulfil(world, waiting.id)
    assert waiting.status == "ON_HOLD"
    fulfilment.release(world, waiting.id)
    assert waiting.status == "OPEN"
    assert topics(world) == [
        "fulfillment_orders/placed_on_hold",
        "fulfillment_orders/hold_released",
    ]


def test_a_move_of_the_rest_leaves_what_was_handed_over_behind(
    world: World, waiting: FulfillmentOrder
) -> None:
    fulfilment.fulfil(world, waiting.id, {waiting.lines[0].id: 1})
    there = sorted(world.locations)[1]
    moved, left = fulfilment.move(world, waiting.id, there)
    assert left is waiting
    assert [(line.total, line.remaining) for line in waiting.lines] == [(1, 0)]
    assert [(line.total, line.remaining) for line in moved.lines] == [(1, 1), (1, 1)]
