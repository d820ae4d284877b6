from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from handcart.localshop import fulfilment, inventory, orders
from handcart.localshop.refusals import OutOfStock, Refused
from handcart.localshop.world import Address, Order, OrderLine, Pickup, Shipping, World

HOME = Address("Mira", "Petrova", "9 Shipka St", "Sofia", "1504", "BG")


def first(world: World) -> tuple[int, int, int]:
    """(variant, its inventory item, location)."""
    variant = world.variants[min(world.variants)]
    return variant.id, variant.inventory_item_id, min(world.locations)


def stock(world: World, item_id: int, location_id: int) -> tuple[int, int, int]:
    """(available, committed, on hand)."""
    level = world.levels[item_id, location_id]
    return level.available, level.committed, level.on_hand


def for_pickup(world: World, quantity: int = 2) -> Order:
    variant_id, _, location_id = first(world)
    return orders.place(
        world,
        lines=[OrderLine(variant_id, quantity, {"Engraving": "Mira"})],
        email="mira@example.com",
        customer_id=min(world.customers),
        cart_token="0123abcd?key=secret",
        delivery=Pickup(location_id),
        note_attributes={"Gift": "yes"},
    )


def topics(world: World) -> list[str]:
    return [topic for topic, _ in world.emitted]


def test_an_order_for_pickup_commits_the_stock_of_its_store_and_tells_in_order(
    world: World,
) -> None:
    _, item_id, location_id = first(world)
    available, committed, on_hand = stock(world, item_id, location_id)
    order = for_pickup(world, 2)
    assert stock(world, item_id, location_id) == (available - 2, committed + 2, on_hand)
    assert topics(world) == [
        "orders/create",
        "orders/paid",
        "inventory_levels/update",
        "fulfillment_orders/order_routing_complete",
    ]
    [fulfillment_order] = world.fulfillment_orders_of(order.id)
    assert (fulfillment_order.method, fulfillment_order.status) == ("PICK_UP", "OPEN")
    assert fulfillment_order.location_id == location_id
    assert (order.name, order.financial_status) == ("#1001", "paid")
    assert order.cart_token == "0123abcd"


def test_all_webhooks_of_one_action_share_an_event_id_and_the_next_action_has_another(
    world: World,
) -> None:
    seen: list[str] = []
    world.emit = lambda topic, body: seen.append(world.event_id)
    for_pickup(world)
    assert len(set(seen)) == 1
    for_pickup(world)
    assert len(set(seen)) == 2


def test_an_item_ordered_on_two_lines_is_one_inventory_update(world: World) -> None:
    variant_id, item_id, location_id = first(world)
    lines = [OrderLine(variant_id, 1), OrderLine(variant_id, 1, {"Gift": "yes"})]
    orders.place(world, lines=lines, email="a@example.com", delivery=Pickup(location_id))
    assert topics(world).count("inventory_levels/update") == 1
    assert world.levels[item_id, location_id].committed == 2


def test_more_than_the_store_has_is_refused_and_changes_nothing(world: World) -> None:
    variant_id, item_id, location_id = first(world)
    before = stock(world, item_id, location_id)
    with pytest.raises(OutOfStock) as refused:
        for_pickup(world, 500)
    assert refused.value.available == before[0]
    assert stock(world, item_id, location_id) == before
    assert (world.orders, world.fulfillment_orders, world.emitted) == ({}, {}, [])
    assert for_pickup(world).name == "#1001"


def test_two_lines_together_may_not_take_more_than_there_is(world: World) -> None:
    variant_id, item_id, location_id = first(world)
    there = world.levels[item_id, location_id].available
    lines = [OrderLine(variant_id, there), OrderLine(variant_id, 1)]
    with pytest.raises(OutOfStock):
        orders.place(world, lines=lines, email="a@example.com", delivery=Pickup(location_id))
    assert world.emitted == []


def test_shipping_takes_the_first_store_that_has_everything(world: World) -> None:
    variant_id, item_id, first_store = first(world)
    second_store = sorted(world.locations)[1]
    inventory.set_quantity(world, item_id, first_store, 1)
    inventory.set_quantity(world, item_id, second_store, 5)
    order = orders.place(
        world, lines=[OrderLine(variant_id, 3)], email="a@example.com", delivery=Shipping(HOME)
    )
    [fulfillment_order] = world.fulfillment_orders_of(order.id)
    assert (fulfillment_order.location_id, fulfillment_order.method) == (second_store, "SHIPPING")
    assert world.levels[item_id, first_store].available == 1


def test_a_store_without_pickup_refuses_orders_for_pickup(world: World) -> None:
    world.locations[min(world.locations)].pickup_time = None
    with pytest.raises(Refused) as refused:
        for_pickup(world)
    assert refused.value.code == "ACTIVE_LOCATION_NOT_FOUND"
    assert world.emitted == []


@pytest.mark.parametrize("lines", [[], [OrderLine(1, 0)], [OrderLine(1, -1)]])
def test_an_order_of_nothing_is_refused(world: World, lines: list[OrderLine]) -> None:
    with pytest.raises(Refused):
        orders.place(world, lines=lines, email="", delivery=Pickup(min(world.locations)))
    assert world.orders == {}


def test_a_sale_in_store_is_handed_over_at_once_and_lowers_what_is_available(
    world: World,
) -> None:
    variant_id, item_id, location_id = first(world)
    available, committed, on_hand = stock(world, item_id, location_id)
    order = orders.sell_in_store(
        world,
        lines=[OrderLine(variant_id, 1)],
        location_id=location_id,
        staff_id=min(world.staff),
    )
    assert stock(world, item_id, location_id) == (available - 1, committed, on_hand - 1)
    assert topics(world) == [
        "orders/create",
        "orders/paid",
        "inventory_levels/update",
        "fulfillments/create",
        "orders/fulfilled",
    ]
    assert (order.source_name, order.fulfillment_status, order.cart_token) == (
        "pos",
        "fulfilled",
        None,
    )
    assert [each.status for each in world.fulfillment_orders_of(order.id)] == ["CLOSED"]


def test_cancelling_with_restock_gives_the_goods_back_and_tells_in_order(world: World) -> None:
    _, item_id, location_id = first(world)
    before = stock(world, item_id, location_id)
    order = for_pickup(world)
    world.emitted.clear()
    orders.cancel(world, order.id, reason="customer", restock=True)
    assert stock(world, item_id, location_id) == before
    assert topics(world) == [
        "orders/cancelled",
        "orders/updated",
        "fulfillment_orders/cancelled",
        "inventory_levels/update",
    ]
    assert (order.cancel_reason, order.financial_status) == ("customer", "refunded")
    assert [each.status for each in world.fulfillment_orders_of(order.id)] == ["CANCELLED"]
    assert {line.current for line in order.lines} == {0}


def test_cancelling_without_restock_keeps_the_goods_off_the_shelf(world: World) -> None:
    _, item_id, location_id = first(world)
    order = for_pickup(world, 2)
    available, _, on_hand = stock(world, item_id, location_id)
    world.emitted.clear()
    orders.cancel(world, order.id, reason="other", restock=False)
    assert stock(world, item_id, location_id) == (available, 0, on_hand - 2)
    assert "inventory_levels/update" not in topics(world)


def test_an_order_is_cancelled_once_and_not_after_something_left(world: World) -> None:
    order = for_pickup(world, 2)
    orders.cancel(world, order.id, reason="customer", restock=True)
    world.emitted.clear()
    with pytest.raises(Refused):
        orders.cancel(world, order.id, reason="customer", restock=True)
    assert world.emitted == []
    other = for_pickup(world, 2)
    fulfilment.fulfil(world, world.fulfillment_orders_of(other.id)[0].id)
    with pytest.raises(Refused):
        orders.cancel(world, other.id, reason="customer", restock=True)
    with pytest.raises(Refused):
        orders.cancel(world, 1, reason="customer", restock=True)
    with pytest.raises(Refused):
        orders.cancel(world, other.id, reason="bored", restock=True)


def test_every_change_of_an_order_is_later_than_the_one_before_to_the_second(
    world: World, at: datetime
) -> None:
    """The clock stands still, and yet the bodies can be put in order."""
    order = for_pickup(world, 2)
    [fulfillment_order] = world.fulfillment_orders_of(order.id)
    fulfilment.fulfil(world, fulfillment_order.id, {fulfillment_order.lines[0].id: 1})
    fulfilment.fulfil(world, fulfillment_order.id)
    seen = [body["updated_at"] for topic, body in world.emitted if topic.startswith("orders/")]
    assert seen == sorted(seen)
    assert len(set(seen)) == 3
    assert order.created_at == at


def test_touching_an_order_says_that_it_was_updated(world: World) -> None:
    order = for_pickup(world)
    world.emitted.clear()
    orders.touch(world, order)
    [(topic, body)] = world.emitted
    assert (topic, body["id"]) == ("orders/updated", order.id)
    assert body["updated_at"] > body["created_at"]


def test_buyers_at_the_same_moment_never_get_more_than_there_is(world: World) -> None:
    variant_id, item_id, location_id = first(world)
    inventory.set_quantity(world, item_id, location_id, 10)

    def buy(_: int) -> str | None:
        try:
            return orders.place(
                world,
                lines=[OrderLine(variant_id, 1)],
                email="a@example.com",
                delivery=Pickup(location_id),
            ).name
        except OutOfStock:
            return None

    with ThreadPoolExecutor(8) as crowd:
        names = [name for name in crowd.map(buy, range(40)) if name]
    assert (len(names), len(set(names))) == (10, 10)
    assert stock(world, item_id, location_id) == (0, 10, 10)
