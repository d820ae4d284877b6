"""Buying: online orders, sales in store, cancelling.

An online order sends ``orders/create``, ``orders/paid``, ``inventory_levels/update`` for each item
and, once it is routed, ``fulfillment_orders/order_routing_complete``. Everything is paid at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from . import fulfilment, inventory, payloads
from .refusals import OutOfStock, Refused
from .world import (
    Address,
    LineItem,
    Location,
    Order,
    OrderLine,
    Pickup,
    Shipping,
    ShippingLine,
    World,
)

WEB_APP = 580_111
POS_APP = 129_785
_CANCEL_REASONS = {"customer", "declined", "fraud", "inventory", "other", "staff"}


def place(
    world: World,
    *,
    lines: Sequence[OrderLine],
    email: str,
    delivery: Shipping | Pickup,
    customer_id: int | None = None,
    cart_token: str | None = None,
    note_attributes: Mapping[str, str] | None = None,
    note: str | None = None,
    phone: str = "",
    billing_address: Address | None = None,
    source: str = "web",
    locale: str = "en",
    free: bool = False,
    tags: Sequence[str] = (),
) -> Order:
    """Place a paid order, or raise OutOfStock with nothing changed; a ``free`` one costs nothing.

    Pickup takes the goods from its location; shipping from the first location that has all of
    them. ``cart_token`` may come with its ``?key=``, which is cut off.
    """
    with world.action() as at:
        _refuse_nothing(lines)
        location_id = _source(world, lines, delivery)
        order = _new_order(world, lines, email=email, source=source, app_id=WEB_APP, at=at)
        order.customer_id = customer_id
        order.phone = phone
        order.locale = locale
        order.note = note
        order.tags = tuple(tags)
        for line in order.lines:
            line.discount = line.price if free else 0
        order.cart_token = cart_token.partition("?")[0] if cart_token else None
        order.note_attributes = tuple((note_attributes or {}).items())
        _deliver_to(world, order, delivery, billing_address)
        method = "PICK_UP" if isinstance(delivery, Pickup) else "SHIPPING"
        fulfillment_order = fulfilment.route(world, order, location_id=location_id, method=method)
        world.emit("orders/create", payloads.order(world, order))
        world.emit("orders/paid", payloads.order(world, order))
        for item_id, quantity in _wanted(world, lines).items():
            inventory.move(world, item_id, location_id, available=-quantity, committed=quantity)
        world.emit(
            "fulfillment_orders/order_routing_complete",
            payloads.order_routing_complete(fulfillment_order),
        )
        return order


def sell_in_store(
    world: World,
    *,
    lines: Sequence[OrderLine],
    location_id: int,
    staff_id: int,
    customer_id: int | None = None,
    note_attributes: Mapping[str, str] | None = None,
) -> Order:
    """Sell over the counter: paid and handed over at once, ``available`` falls right away.

    The goods are in somebody's hand, so a till sells what the stock says is not there: available
    may go below zero, as on the platform's own till.
    """
    with world.action() as at:
        _refuse_nothing(lines)
        customer = world.customers.get(customer_id or 0)
        email = customer.email if customer else ""
        order = _new_order(world, lines, email=email, source="pos", app_id=POS_APP, at=at)
        order.customer_id = customer_id
        order.location_id = location_id
        order.user_id = staff_id
        order.device_id = 1
        order.gateway = "cash"
        order.note_attributes = tuple((note_attributes or {}).items())
        for line in order.lines:
            line.staff_id = staff_id
        fulfillment_order = fulfilment.route(world, order, location_id=location_id, method="RETAIL")
        fulfilment.hand_out(world, fulfillment_order)
        order.closed_at = order.created_at
        world.emit("orders/create", payloads.order(world, order))
        world.emit("orders/paid", payloads.order(world, order))
        for item_id, quantity in _wanted(world, lines).items():
            inventory.move(world, item_id, location_id, available=-quantity)
        for fulfillment in world.fulfillments_of(order.id):
            world.emit("fulfillments/create", payloads.fulfillment(world, fulfillment))
        world.emit("orders/fulfilled", payloads.order(world, order))
        return order


def cancel(
    world: World,
    order_id: int,
    *,
    reason: str,
    restock: bool,
    refund: bool = True,
    by: int | None = None,
) -> Order:
    """Cancel an order none of which has left yet; ``by`` is a staff id or None for the customer.

    Its open fulfillment orders are cancelled too; ``restock`` makes their goods available again.
    """
    with world.action():
        order = _cancellable(world, order_id, reason)
        order.updated_at = world.stamp(order.updated_at)
        order.cancelled_at = order.closed_at = order.updated_at
        order.cancel_reason = reason
        if refund:
            order.financial_status = "refunded"
            order.refunded = order.received
        if restock:
            order.fulfillment_status = "restocked"
        for line in order.lines:
            line.current = line.fulfillable = 0
        closed = fulfilment.close_all(world, order)
        world.emit("orders/cancelled", payloads.order(world, order))
        world.emit("orders/updated", payloads.order(world, order))
        for fulfillment_order, _ in closed:
            world.emit(
                "fulfillment_orders/cancelled",
                payloads.fulfillment_order_cancelled(fulfillment_order, None),
            )
        for fulfillment_order, goods in closed:
            _release(world, fulfillment_order.location_id, goods, restock=restock)
        return order


def touch(world: World, order: Order) -> None:
    """Give the order a new ``updated_at`` and say so with ``orders/updated``."""
    with world.action():
        order.updated_at = world.stamp(order.updated_at)
        world.emit("orders/updated", payloads.order(world, order))


def _refuse_nothing(lines: Sequence[OrderLine]) -> None:
    if not lines or any(line.quantity < 1 for line in lines):
        raise Refused("An order needs at least one unit of something.", code="INVALID")


def _wanted(world: World, lines: Sequence[OrderLine]) -> dict[int, int]:
    """Inventory item id to units, over all lines."""
    wanted: Counter[int] = Counter()
    for line in lines:
        wanted[world.variants[line.variant_id].inventory_item_id] += line.quantity
    return dict(wanted)


def _source(world: World, lines: Sequence[OrderLine], delivery: Shipping | Pickup) -> int:
    wanted = _wanted(world, lines)
    if isinstance(delivery, Shipping):
        found = inventory.place_with_stock(world, wanted)
        if found is None:
            raise _out_of_stock(world, lines, None)
        return found
    location = _pickup_location(world, delivery.location_id)
    if inventory.missing_at(world, location.id, wanted):
        raise _out_of_stock(world, lines, location.id)
    return location.id


def _pickup_location(world: World, location_id: int) -> Location:
    location = world.locations.get(location_id)
    if location is None or not location.active or location.pickup_time is None:
        raise Refused("This location does not offer pickup.", code="ACTIVE_LOCATION_NOT_FOUND")
    return location


def _out_of_stock(world: World, lines: Sequence[OrderLine], location_id: int | None) -> OutOfStock:
    """Name the line that lacks most; for shipping the best single location counts."""
    places = [location_id] if location_id else [one.id for one in inventory.active(world)]

    def here(line: OrderLine) -> int:
        return max(
            (inventory.available(world, line.variant_id, place) for place in places), default=0
        )

    worst = min(lines, key=lambda line: here(line) - line.quantity)
    return inventory.refuse_missing(
        world, worst.variant_id, wanted=worst.quantity, here=here(worst)
    )


def _new_order(
    world: World,
    lines: Sequence[OrderLine],
    *,
    email: str,
    source: str,
    app_id: int,
    at: datetime,
) -> Order:
    number = world.next_id("order_number")
    at = at.replace(microsecond=0)
    order = Order(
        id=world.next_id("order"),
        number=number,
        name=f"#{number}",
        token=world.new_token("order"),
        checkout_token=world.new_token("checkout"),
        cart_token=None,
        confirmation_number=world.new_token("confirmation")[:9].upper(),
        email=email,
        phone="",
        customer_id=None,
        lines=[line_item(world, line) for line in lines],
        shipping_line=None,
        shipping_address=None,
        billing_address=None,
        note=None,
        note_attributes=(),
        source_name=source,
        app_id=app_id,
        created_at=at,
        updated_at=at,
    )
    world.orders[order.id] = order
    return order


def line_item(world: World, line: OrderLine) -> LineItem:
    """A new line as it is sold now, of no order yet."""
    variant = world.variants[line.variant_id]
    product = world.products[variant.product_id]
    return LineItem(
        id=world.next_id("line_item"),
        variant_id=variant.id,
        product_id=product.id,
        title=product.title,
        variant_title=None if variant.title == "Default Title" else variant.title,
        sku=variant.sku,
        vendor=product.vendor,
        price=variant.price,
        quantity=line.quantity,
        current=line.quantity,
        fulfillable=line.quantity,
        grams=variant.grams,
        requires_shipping=variant.requires_shipping,
        properties=tuple((str(name), str(text)) for name, text in line.properties.items()),
    )


def _deliver_to(
    world: World, order: Order, delivery: Shipping | Pickup, billing: Address | None
) -> None:
    """A pickup's shipping line is named after its location and costs nothing."""
    if isinstance(delivery, Shipping):
        order.shipping_line = ShippingLine(
            world.next_id("shipping_line"), delivery.title, delivery.title, delivery.price
        )
        order.shipping_address = delivery.address
        order.billing_address = billing or delivery.address
        return
    name = world.locations[delivery.location_id].name
    carrier = world.new_token("carrier")
    order.shipping_line = ShippingLine(world.next_id("shipping_line"), name, name, 0, carrier)
    order.billing_address = billing


def _cancellable(world: World, order_id: int, reason: str) -> Order:
    order = world.orders.get(order_id)
    if order is None:
        raise Refused("Order does not exist", code="NOT_FOUND", field=("orderId",))
    if reason not in _CANCEL_REASONS:
        raise Refused("Reason is not included in the list", code="INVALID", field=("reason",))
    if order.cancelled_at:
        raise Refused("Cannot cancel an order that has already been canceled", code="INVALID")
    if world.fulfillments_of(order_id):
        raise Refused("Cannot cancel an order with fulfilled items", code="INVALID")
    return order


def _release(world: World, location_id: int, goods: Mapping[int, int], *, restock: bool) -> None:
    """Goods promised to an order are promised no longer; without restock they leave the books."""
    for item_id, quantity in goods.items():
        back = quantity if restock else 0
        inventory.move(world, item_id, location_id, available=back, committed=-quantity)
