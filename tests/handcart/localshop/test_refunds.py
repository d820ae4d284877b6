from __future__ import annotations

import pytest

from handcart.localshop import fulfilment, orders, refunds
from handcart.localshop.refusals import Refused
from handcart.localshop.world import Level, Order, OrderLine, Pickup, World


@pytest.fixture
def order(world: World) -> Order:
    """Two units of one thing and one of another, for pickup at the first store."""
    one, other = sorted(world.variants)[:2]
    order = orders.place(
        world,
        lines=[OrderLine(one, 2), OrderLine(other, 1)],
        email="mira@example.com",
        delivery=Pickup(min(world.locations)),
    )
    world.emitted.clear()
    return order


def level(world: World, order: Order) -> Level:
    item = world.variants[order.lines[0].variant_id].inventory_item_id
    return world.levels[item, min(world.locations)]


@pytest.mark.parametrize("restock", [True, False])
def test_refunded_units_leave_the_order_and_come_back_if_they_are_restocked(
    restock: bool, world: World, order: Order
) -> None:
    before = level(world, order).available, level(world, order).committed
    refunds.create(world, order.id, {order.lines[0].id: 1}, amount=500, restock=restock)
    [work] = world.fulfillment_orders_of(order.id)
    assert [(line.total, line.remaining) for line in work.lines] == [(1, 1), (1, 1)]
    assert (work.status, order.lines[0].current) == ("OPEN", 1)
    assert (order.refunded, order.financial_status) == (500, "partially_refunded")
    now = level(world, order).available, level(world, order).committed
    assert now == (before[0] + restock, before[1] - 1)
    told = [topic for topic, _ in world.emitted]
    assert told == ["refunds/create", "orders/updated"] + ["inventory_levels/update"] * restock


def test_a_fulfillment_order_that_nothing_is_left_of_is_closed(world: World, order: Order) -> None:
    lines = {line.id: line.quantity for line in order.lines}
    refunds.create(world, order.id, lines, amount=order.total)
    [work] = world.fulfillment_orders_of(order.id)
    assert (work.status, work.lines, order.financial_status) == ("CLOSED", [], "refunded")


def test_what_was_handed_over_or_refunded_already_is_not_refunded_again(
    world: World, order: Order
) -> None:
    [work] = world.fulfillment_orders_of(order.id)
    fulfilment.fulfil(world, work.id, {work.lines[0].id: 1})
    refunds.create(world, order.id, {order.lines[0].id: 1}, amount=0)
    for line_id, units in [(order.lines[0].id, 1), (order.lines[1].id, 2), (10**9, 1)]:
        with pytest.raises(Refused):
            refunds.create(world, order.id, {line_id: units}, amount=0)
    with pytest.raises(Refused):
        refunds.create(world, order.id, {order.lines[1].id: 1}, amount=order.total + 1)
    assert order.refunded == 0
    assert len(order.refunds) == 1
