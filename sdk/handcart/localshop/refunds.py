"""Giving money back for units that nobody has handed over yet, and taking them off the order.

shopify.dev, "refundCreate": with ``CANCEL`` units that were not fulfilled leave their fulfillment
order, and are available again where they were promised. A fulfillment order that nothing is left
of is closed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from . import inventory, payloads
from .refusals import Refused
from .world import FulfillmentOrder, Order, Refund, RefundLine, World

_OPEN = ("OPEN", "IN_PROGRESS", "ON_HOLD")
RESTOCK_TYPES = ("CANCEL", "NO_RESTOCK")


def create(
    world: World,
    order_id: int,
    lines: Mapping[int, int],
    *,
    amount: int,
    restock: bool = True,
    note: str = "",
) -> Refund:
    """Refund ``lines`` (line item id to units that were not handed over) for ``amount``.

    Sends ``refunds/create``, ``orders/updated`` and, for what is available again,
    ``inventory_levels/update``.
    """
    with world.action():
        order = _refundable(world, order_id, lines, amount=amount)
        order.updated_at = world.stamp(order.updated_at)
        order.kept += max(0, suggested(order, lines) - amount) if lines else 0
        refund = _note(world, order, lines, amount=amount, restock=restock, note=note)
        for line_item_id, units in lines.items():
            line = order.line(line_item_id)
            line.current -= units
            line.fulfillable -= units
        freed = take_off(world, order, dict(lines))
        order.refunded += amount
        order.financial_status = (
            "refunded" if order.refunded >= order.received else "partially_refunded"
        )
        world.emit("refunds/create", payloads.refund(world, order, refund))
        world.emit("orders/updated", payloads.order(world, order))
        for (item_id, location_id), units in freed.items():
            back = units if restock else 0
            inventory.move(world, item_id, location_id, available=back, committed=-units)
        return refund


def suggested(order: Order, lines: Mapping[int, int]) -> int:
    """What is to be given back for ``lines``, in minor units."""
    return sum(order.line(line_id).unit_price * units for line_id, units in lines.items())


def _refundable(world: World, order_id: int, lines: Mapping[int, int], *, amount: int) -> Order:
    order = world.orders.get(order_id)
    if order is None:
        raise Refused("Order does not exist", code="NOT_FOUND", field=("orderId",))
    for line_item_id, units in lines.items():
        known = next((line for line in order.lines if line.id == line_item_id), None)
        if known is None or not 0 < units <= known.fulfillable:
            raise Refused(
                "Refund line items quantity cannot refund more items than were purchased",
                code="INVALID",
                field=("refundLineItems",),
            )
    if amount > order.received - order.refunded:
        raise Refused(
            "Refund amount cannot be greater than the amount available to refund",
            code="INVALID",
            field=("transactions",),
        )
    return order


def _note(
    world: World,
    order: Order,
    lines: Mapping[int, int],
    *,
    amount: int,
    restock: bool,
    note: str,
) -> Refund:
    at: datetime = order.updated_at
    refund = Refund(
        id=world.next_id("refund"),
        order_id=order.id,
        lines=[
            RefundLine(world.next_id("refund_line"), line_id, units)
            for line_id, units in lines.items()
        ],
        amount=amount,
        restocked=restock,
        note=note,
        created_at=at,
    )
    order.refunds.append(refund)
    return refund


def take_off(world: World, order: Order, units: dict[int, int]) -> dict[tuple[int, int], int]:
    """Units leave the order's open fulfillment orders: (item, location) to how many."""
    freed: Counter[tuple[int, int]] = Counter()
    for work in world.fulfillment_orders_of(order.id):
        if work.status not in _OPEN:
            continue
        taken = _take_from(work, units)
        for line_item_id, count in taken.items():
            variant = world.variants[order.line(line_item_id).variant_id]
            freed[variant.inventory_item_id, work.location_id] += count
        if taken:
            work.updated_at = world.stamp(work.updated_at)
        work.lines = [line for line in work.lines if line.total]
        if not any(line.remaining for line in work.lines):
            work.status = "CLOSED"
    return dict(freed)


def _take_from(work: FulfillmentOrder, units: dict[int, int]) -> dict[int, int]:
    taken: dict[int, int] = {}
    for line in work.lines:
        count = min(line.remaining, units.get(line.line_item_id, 0))
        if count:
            line.remaining -= count
            line.total -= count
            units[line.line_item_id] -= count
            taken[line.line_item_id] = taken.get(line.line_item_id, 0) + count
    return taken
