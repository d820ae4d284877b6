"""How fulfillment orders and fulfillments answer."""

from __future__ import annotations

from typing import Any

from ...gids import gid
from ...world import Fulfillment, FulfillmentOrder, LineItem
from ..call import Call
from ..lists import fulfillment_orders_page, plain_page
from ..pages import Window
from .readers import Reader, always, identified, lines_page, number
from .views import Fulfilled, Sold, ToFulfil


def _assigned_location(order: FulfillmentOrder, call: Call) -> dict[str, Any]:
    location = call.world.locations[order.location_id]
    return {
        "address1": location.address1,
        "city": location.city,
        "country_code": location.country_code,
        "location": location,
        "name": location.name,
        "phone": location.phone,
        "zip": location.zip,
    }


def _delivery_method(order: FulfillmentOrder, call: Call) -> dict[str, Any]:
    line = call.world.orders[order.order_id].shipping_line
    place = call.world.locations[order.location_id]
    pickup = {"instructions": place.pickup_instructions or None, "phone": place.phone}
    return {
        "id": gid("DeliveryMethod", order.delivery_method_id),
        "method_type": order.method,
        "presented_name": line.title if line else None,
        "service_code": line.code if line else None,
        "additional_information": pickup if order.method == "PICK_UP" else None,
    }


def _destination(order: FulfillmentOrder, call: Call) -> dict[str, Any] | None:
    """Where to send it, or who comes to which location for it; nothing for a sale in store."""
    sold = call.world.orders[order.order_id]
    if order.method == "RETAIL":
        return None
    address = sold.shipping_address
    customer = call.world.customers.get(sold.customer_id or 0)
    person = address or sold.billing_address or customer
    return {
        "id": gid("FulfillmentOrderDestination", order.id),
        "address1": address.address1 if address else None,
        "address2": (address.address2 or None) if address else None,
        "city": address.city if address else None,
        "company": (address.company or None) if address else None,
        "country_code": address.country_code if address else None,
        "zip": address.zip if address else None,
        "email": sold.email or None,
        "first_name": person.first_name if person else None,
        "last_name": person.last_name if person else None,
        "phone": (person.phone or None) if person else None,
        "location": None if address else call.world.locations[order.location_id],
    }


_ACTIONS = {
    "OPEN": ("CREATE_FULFILLMENT", "MOVE", "CANCEL_FULFILLMENT_ORDER"),
    "IN_PROGRESS": ("CREATE_FULFILLMENT", "MOVE"),
}


def _actions(order: FulfillmentOrder, call: Call) -> list[dict[str, Any]]:
    return [{"action": name, "external_url": None} for name in _ACTIONS.get(order.status, ())]


FULFILLMENT_ORDER: dict[str, Reader] = {
    "id": number("FulfillmentOrder"),
    "assigned_location": _assigned_location,
    "delivery_method": _delivery_method,
    "destination": _destination,
    "fulfill_at": lambda order, call: order.created_at,
    "fulfillments": lambda order, call, **window: plain_page(
        [
            each
            for each in call.world.fulfillments_of(order.order_id)
            if order.id in each.fulfillment_order_ids
        ],
        Window(**window),
    ),
    "line_items": lambda order, call, **window: lines_page(
        [ToFulfil(order, line) for line in order.lines], window
    ),
    "order": lambda order, call: call.world.orders[order.order_id],
    "order_id": lambda order, call: gid("Order", order.order_id),
    "order_name": lambda order, call: call.world.orders[order.order_id].name,
    "order_processed_at": lambda order, call: call.world.orders[order.order_id].created_at,
    "supported_actions": _actions,
}


def _sold(line: ToFulfil, call: Call) -> LineItem:
    return call.world.orders[line.order.order_id].line(line.line.line_item_id)


FULFILLMENT_ORDER_LINE: dict[str, Reader] = {
    "id": lambda line, call: gid("FulfillmentOrderLineItem", line.line.id),
    "inventory_item_id": lambda line, call: gid(
        "InventoryItem", call.world.variants[_sold(line, call).variant_id].inventory_item_id
    ),
    "line_item": lambda line, call: Sold(call.world.orders[line.order.order_id], _sold(line, call)),
    "product_title": lambda line, call: _sold(line, call).title,
    "remaining_quantity": lambda line, call: line.line.remaining,
    "requires_shipping": lambda line, call: _sold(line, call).requires_shipping,
    "sku": lambda line, call: _sold(line, call).sku,
    "total_quantity": lambda line, call: line.line.total,
    "variant": lambda line, call: call.world.variants.get(_sold(line, call).variant_id),
    "variant_title": lambda line, call: _sold(line, call).variant_title,
    "vendor": lambda line, call: _sold(line, call).vendor,
}


def _tracking(
    fulfillment: Fulfillment, call: Call, first: int | None = None
) -> list[dict[str, Any]]:
    if not fulfillment.tracking:
        return []
    return [{name: fulfillment.tracking.get(name) for name in ("company", "number", "url")}]


def _orders_of(fulfillment: Fulfillment, call: Call) -> list[FulfillmentOrder]:
    return [call.world.fulfillment_orders[each] for each in fulfillment.fulfillment_order_ids]


def _display_status(fulfillment: Fulfillment, call: Call) -> str:
    picked_up = any(each.method == "PICK_UP" for each in _orders_of(fulfillment, call))
    return "PICKED_UP" if picked_up else "FULFILLED"


FULFILLMENT: dict[str, Reader] = {
    **identified("Fulfillment"),
    "display_status": _display_status,
    "fulfillment_line_items": lambda fulfillment, call, **window: lines_page(
        [Fulfilled(fulfillment, line) for line in fulfillment.lines], window
    ),
    "fulfillment_orders": lambda fulfillment, call, **page: fulfillment_orders_page(
        call, _orders_of(fulfillment, call), **page
    ),
    "location": lambda fulfillment, call: call.world.locations[fulfillment.location_id],
    "order": lambda fulfillment, call: call.world.orders[fulfillment.order_id],
    "requires_shipping": always(True),
    "status": lambda fulfillment, call: fulfillment.status.upper(),
    "total_quantity": lambda fulfillment, call: sum(line.quantity for line in fulfillment.lines),
    "tracking_info": _tracking,
}


def _fulfilled_line(fulfilled: Fulfilled, call: Call) -> Sold:
    order = call.world.orders[fulfilled.fulfillment.order_id]
    return Sold(order, order.line(fulfilled.line.line_item_id))


FULFILLMENT_LINE: dict[str, Reader] = {
    "id": lambda fulfilled, call: gid("FulfillmentLineItem", fulfilled.line.id),
    "line_item": _fulfilled_line,
    "quantity": lambda fulfilled, call: fulfilled.line.quantity,
}
