"""Fulfillment orders: what one location has to hand over, and what it did hand over.

States are the platform's: OPEN goes to IN_PROGRESS (a part was fulfilled), CLOSED (all of it was)
or CANCELLED, and to ON_HOLD and back. Preparing for pickup changes no state that can be read back;
it only makes the webhook, once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from . import inventory, payloads
from .refusals import Refused
from .world import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentOrderLine,
    LineItem,
    Order,
    World,
)

_OPEN = ("OPEN", "IN_PROGRESS")


def route(world: World, order: Order, *, location_id: int, method: str) -> FulfillmentOrder:
    """The order's whole goods become one fulfillment order of ``location_id``."""
    return _new(
        world, order.id, location_id, method, [(line, line.quantity) for line in order.lines]
    )


def prepare_for_pickup(world: World, fulfillment_order_id: int) -> FulfillmentOrder:
    """The goods wait at the counter; the second time there is nothing left to prepare."""
    with world.action():
        field = ("input", "lineItemsByFulfillmentOrder", "0", "fulfillmentOrderId")
        order = world.fulfillment_orders.get(fulfillment_order_id)
        if order is None or order.method != "PICK_UP":
            raise Refused(
                "Invalid fulfillment order ID provided.",
                code="FULFILLMENT_ORDER_INVALID",
                field=field,
            )
        if order.status not in _OPEN or order.prepared_at:
            raise Refused(
                "The fulfillment order does not have any line items that can be prepared.",
                code="NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER",
                field=field,
            )
        order.updated_at = world.stamp(order.updated_at)
        order.prepared_at = order.updated_at
        world.emit(
            "fulfillment_orders/line_items_prepared_for_pickup", payloads.prepared_for_pickup(order)
        )
        return order


def fulfil(
    world: World,
    fulfillment_order_id: int,
    lines: Mapping[int, int] | None = None,
    *,
    tracking: Mapping[str, str] | None = None,
) -> Fulfillment:
    """Hand over ``lines`` (fulfillment order line id to quantity), or all that remains.

    Sends ``fulfillments/create``, ``orders/fulfilled`` or ``orders/partially_fulfilled``, and
    ``orders/updated``. What was promised leaves the shelf: ``committed`` falls, ``available`` not.
    """
    with world.action():
        fulfillment_order = _open(world, fulfillment_order_id)
        wanted = _checked(fulfillment_order, lines)
        fulfillment = hand_out(world, fulfillment_order, wanted)
        fulfillment.tracking = dict(tracking or {})
        for item_id, quantity in _items(world, fulfillment).items():
            inventory.move(world, item_id, fulfillment_order.location_id, committed=-quantity)
        _tell(world, fulfillment)
        return fulfillment


def cancel(world: World, fulfillment_order_id: int) -> tuple[FulfillmentOrder, FulfillmentOrder]:
    """Cancel a fulfillment order nothing of which has left: (it, the open one that replaces it).

    The order still waits for its goods, so that an equal, unprepared fulfillment order takes its
    place and the stock stays committed.
    """
    with world.action():
        order = _open(world, fulfillment_order_id)
        if any(line.remaining != line.total for line in order.lines):
            raise Refused(
                "Cannot cancel fulfillment order with reported progress. "
                "Mark as unfulfilled first.",
                code="FULFILLMENT_ORDER_HAS_MANUALLY_REPORTED_PROGRESS",
            )
        replacement = _rest(world, order, order.location_id)
        _close(world, order, "CANCELLED")
        world.emit(
            "fulfillment_orders/cancelled",
            payloads.fulfillment_order_cancelled(order, replacement),
        )
        return order, replacement


def move(
    world: World, fulfillment_order_id: int, location_id: int
) -> tuple[FulfillmentOrder, FulfillmentOrder | None]:
    """Another location takes over what remains: (the moved one, the closed rest or None).

    Nothing done yet: the same fulfillment order changes its location. Else it is closed with what
    was done, and a new one is made. The promise moves with the goods, from stock to stock.
    """
    with world.action():
        order = _open(world, fulfillment_order_id)
        source_id = order.location_id
        _refuse_move(world, order, location_id)
        goods = _remaining(world, order)
        lines = [(line.id, line.remaining) for line in order.lines]
        if any(line.remaining != line.total for line in order.lines):
            moved = _rest(world, order, location_id)
            _leave(order, {line.id: line.remaining for line in order.lines})
            _close(world, order, "CLOSED")
        else:
            moved = order
            order.location_id = location_id
            order.updated_at = world.stamp(order.updated_at)
        world.emit(
            "fulfillment_orders/moved",
            payloads.fulfillment_order_moved(order, moved, source_id=source_id, lines=lines),
        )
        for item_id, quantity in goods.items():
            inventory.move(world, item_id, source_id, available=quantity, committed=-quantity)
            inventory.move(world, item_id, location_id, available=-quantity, committed=quantity)
        return moved, None if moved is order else order


def split(
    world: World, fulfillment_order_id: int, lines: Mapping[int, int]
) -> tuple[FulfillmentOrder, FulfillmentOrder]:
    """``lines`` (line id to units) get a fulfillment order of their own: (what stays, the new one).

    Something has to stay, and both are at the same location.
    """
    with world.action():
        order = _open(world, fulfillment_order_id)
        wanted = _checked(order, lines)
        if sum(wanted.values()) >= sum(line.remaining for line in order.lines):
            raise Refused("Splitting leaves nothing behind.", code="INVALID_LINE_ITEM_QUANTITY")
        sold = world.orders[order.order_id]
        goods = [
            (sold.line(line.line_item_id), wanted[line.id])
            for line in order.lines
            if line.id in wanted
        ]
        new = _new(world, order.order_id, order.location_id, order.method, goods)
        _leave(order, wanted)
        order.updated_at = world.stamp(order.updated_at)
        world.emit(
            "fulfillment_orders/split",
            payloads.fulfillment_order_split(order, new, list(wanted.items())),
        )
        return order, new


def hold(world: World, fulfillment_order_id: int, *, notes: str = "") -> FulfillmentOrder:
    """Nobody is to work on it until it is released."""
    with world.action():
        order = _open(world, fulfillment_order_id)
        order.status = "ON_HOLD"
        order.updated_at = world.stamp(order.updated_at)
        hold_id = world.next_id("hold")
        world.emit(
            "fulfillment_orders/placed_on_hold",
            payloads.fulfillment_order_held(order, hold_id=hold_id, notes=notes),
        )
        return order


def release(world: World, fulfillment_order_id: int) -> FulfillmentOrder:
    """It can be worked on again."""
    with world.action():
        order = world.fulfillment_orders.get(fulfillment_order_id)
        if order is None or order.status != "ON_HOLD":
            raise Refused("The fulfillment order is not on hold.", code="INVALID")
        started = any(line.remaining != line.total for line in order.lines)
        order.status = "IN_PROGRESS" if started else "OPEN"
        order.updated_at = world.stamp(order.updated_at)
        world.emit("fulfillment_orders/hold_released", payloads.order_routing_complete(order))
        return order


def join(world: World, order: Order, line: LineItem, *, location_id: int) -> FulfillmentOrder:
    """A line that was added later is the open fulfillment order's at its location, or a new one's.

    What is fetched at one location is fetched together, and what is sent is sent together.
    """
    found = [
        each
        for each in world.fulfillment_orders_of(order.id)
        if each.location_id == location_id and each.status in _OPEN
    ]
    if not found:
        known = world.fulfillment_orders_of(order.id)
        method = next((one.method for one in known if one.location_id == location_id), "SHIPPING")
        return _new(world, order.id, location_id, method, [(line, line.quantity)])
    number = world.next_id("fulfillment_order_line")
    found[0].lines.append(FulfillmentOrderLine(number, line.id, line.quantity, line.quantity))
    found[0].updated_at = world.stamp(found[0].updated_at)
    return found[0]


def close_all(world: World, order: Order) -> list[tuple[FulfillmentOrder, dict[int, int]]]:
    """Cancel the order's open fulfillment orders: each with the goods (item id: units) it held."""
    closed = []
    for each in world.fulfillment_orders_of(order.id):
        if each.status in (*_OPEN, "ON_HOLD"):
            closed.append((each, _remaining(world, each)))
            _close(world, each, "CANCELLED")
    return closed


def hand_out(
    world: World, fulfillment_order: FulfillmentOrder, lines: Mapping[int, int] | None = None
) -> Fulfillment:
    """Record that goods left, on the fulfillment order, the order and its lines; sends nothing."""
    order = world.orders[fulfillment_order.order_id]
    at = world.stamp(order.updated_at)
    if lines is None:
        lines = {line.id: line.remaining for line in fulfillment_order.lines}
    fulfillment = Fulfillment(
        id=world.next_id("fulfillment"),
        order_id=order.id,
        fulfillment_order_ids=(fulfillment_order.id,),
        location_id=fulfillment_order.location_id,
        name=f"{order.name}.{len(world.fulfillments_of(order.id)) + 1}",
        lines=[
            _take(world, order, fulfillment_order, line_id, quantity)
            for line_id, quantity in lines.items()
            if quantity
        ],
        created_at=at,
        updated_at=at,
    )
    world.fulfillments[fulfillment.id] = fulfillment
    fulfillment_order.updated_at = world.stamp(fulfillment_order.updated_at)
    done = not any(line.remaining for line in fulfillment_order.lines)
    fulfillment_order.status = "CLOSED" if done else "IN_PROGRESS"
    order.updated_at = at
    whole = not any(line.fulfillable for line in order.lines)
    order.fulfillment_status = "fulfilled" if whole else "partial"
    return fulfillment


def _take(
    world: World,
    order: Order,
    fulfillment_order: FulfillmentOrder,
    line_id: int,
    quantity: int,
) -> FulfillmentLine:
    line = fulfillment_order.line(line_id)
    assert line is not None  # checked before anything was written
    line.remaining -= quantity
    order.line(line.line_item_id).fulfillable -= quantity
    return FulfillmentLine(world.next_id("fulfillment_line"), line.line_item_id, quantity)


def _tell(world: World, fulfillment: Fulfillment) -> None:
    order = world.orders[fulfillment.order_id]
    whole = order.fulfillment_status == "fulfilled"
    world.emit("fulfillments/create", payloads.fulfillment(world, fulfillment))
    topic = "orders/fulfilled" if whole else "orders/partially_fulfilled"
    world.emit(topic, payloads.order(world, order))
    world.emit("orders/updated", payloads.order(world, order))


def _open(world: World, fulfillment_order_id: int) -> FulfillmentOrder:
    order = world.fulfillment_orders.get(fulfillment_order_id)
    if order is None:
        raise Refused("Fulfillment order does not exist.", code="FULFILLMENT_ORDER_NOT_FOUND")
    if order.status not in _OPEN:
        raise Refused(
            f"Fulfillment order {order.id} has an unfulfillable status= {order.status.lower()}.",
            code="INVALID_STATUS",
        )
    return order


def _checked(order: FulfillmentOrder, lines: Mapping[int, int] | None) -> dict[int, int]:
    """The wanted quantities, or Refused: an unknown line, nothing, or more than remains."""
    if lines is None:
        return {line.id: line.remaining for line in order.lines if line.remaining}
    for line_id, quantity in lines.items():
        line = order.line(line_id)
        if line is None:
            raise Refused("Fulfillment order line item does not exist.", code="INVALID")
        if not 0 < quantity <= line.remaining:
            raise Refused("Invalid fulfillment order line item quantity requested.", code="INVALID")
    if not lines:
        raise Refused("There are no line items to fulfill.", code="INVALID")
    return dict(lines)


def _refuse_move(world: World, order: FulfillmentOrder, location_id: int) -> None:
    location = world.locations.get(location_id)
    if location is None or not location.active:
        raise Refused("Location not found.", code="INVALID", field=("newLocationId",))
    if location_id == order.location_id:
        raise Refused(
            "The fulfillment order is already at this location.",
            code="INVALID",
            field=("newLocationId",),
        )
    if inventory.missing_at(world, location_id, _remaining(world, order)):
        raise Refused(
            "The new location does not have all of the items.",
            code="INVALID",
            field=("newLocationId",),
        )


def _remaining(world: World, order: FulfillmentOrder) -> dict[int, int]:
    goods: Counter[int] = Counter()
    for line in order.lines:
        sold = world.orders[order.order_id].line(line.line_item_id)
        goods[world.variants[sold.variant_id].inventory_item_id] += line.remaining
    return {item_id: quantity for item_id, quantity in goods.items() if quantity}


def _items(world: World, fulfillment: Fulfillment) -> dict[int, int]:
    goods: Counter[int] = Counter()
    for line in fulfillment.lines:
        sold = world.orders[fulfillment.order_id].line(line.line_item_id)
        goods[world.variants[sold.variant_id].inventory_item_id] += line.quantity
    return dict(goods)


def _rest(world: World, order: FulfillmentOrder, location_id: int) -> FulfillmentOrder:
    """A new open fulfillment order for what remains of this one."""
    sold = world.orders[order.order_id]
    lines = [
        (sold.line(line.line_item_id), line.remaining) for line in order.lines if line.remaining
    ]
    return _new(world, order.order_id, location_id, order.method, lines)


def _leave(order: FulfillmentOrder, lines: Mapping[int, int]) -> None:
    """``lines`` (line id to units) are this fulfillment order's no more."""
    for line in order.lines:
        line.total -= lines.get(line.id, 0)
        line.remaining -= lines.get(line.id, 0)
    order.lines = [line for line in order.lines if line.total]


def _close(world: World, order: FulfillmentOrder, status: str) -> None:
    order.status = status
    order.updated_at = world.stamp(order.updated_at)
    for line in order.lines:
        line.remaining = 0


def _new(
    world: World,
    order_id: int,
    location_id: int,
    method: str,
    lines: list[tuple[LineItem, int]],
) -> FulfillmentOrder:
    at = world.stamp()
    order = FulfillmentOrder(
        id=world.next_id("fulfillment_order"),
        order_id=order_id,
        location_id=location_id,
        status="OPEN",
        method=method,
        delivery_method_id=world.next_id("delivery_method"),
        lines=[
            FulfillmentOrderLine(
                world.next_id("fulfillment_order_line"), line.id, quantity, quantity
            )
            for line, quantity in lines
        ],
        created_at=at,
        updated_at=at,
    )
    world.fulfillment_orders[order.id] = order
    return order
