"""Fulfillment orders: where an order is to be prepared, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from handcart.pickups import locking, reading
from handcart.pickups import service as pickups
from handcart.platform.port import FulfillmentOrder, Platform
from handcart.shoppers import forgotten, merged
from handcart.stock import sales

from ..payloads.edits import Edited, parse_edit, parse_refund
from ..payloads.fulfillment_orders import Named, parse_named
from .handler import Effect, Handler, each

_TOPICS = (
    "order_routing_complete",
    "moved",
    "split",
    "cancelled",
    "placed_on_hold",
    "hold_released",
)


def named(platform: Platform, names: Named) -> Sequence[FulfillmentOrder]:
    """The webhook names fulfillment orders and little more, so they are read back."""
    found = (platform.fulfillment_order(one) for one in names.fulfillment_order_ids)
    return [order for order in found if order is not None]


def of_order(platform: Platform, edited: Edited) -> Sequence[FulfillmentOrder]:
    """What is left to do of an order after it was edited or refunded."""
    return platform.fulfillment_orders(edited.order_id)


def orders_changed(effect: Effect, orders: Sequence[FulfillmentOrder]) -> None:
    """Pickups are as their fulfillment orders are; all of them set goods aside or hand them out."""
    told = [(effect.shop, order) for order in orders]
    locking.of_orders(effect.work, [(effect.shop, order.order_id) for order in orders])
    for order in orders:
        sales.routed(effect.work, effect.shop, order, at=effect.at)
    for shop, order in forgotten.without(effect.work, merged.followed(effect.work, told)):
        pickups.request_pickup(effect.work, shop, order, at=effect.at)


def fulfillment_order_read(
    work: Connection, shop: str, order: FulfillmentOrder, *, at: datetime
) -> bool:
    """All that the webhooks of it would have done; True when its pickup changed."""
    locking.of_orders(work, [(shop, order.order_id)])
    sales.routed(work, shop, order, at=at)
    return reading.fulfillment_order_read(work, shop, order, at=at)


HANDLERS = [
    *(
        Handler(f"fulfillment_orders/{topic}", parse_named, each(orders_changed), fetch=named)
        for topic in _TOPICS
    ),
    Handler("orders/edited", parse_edit, each(orders_changed), fetch=of_order),
    Handler("refunds/create", parse_refund, each(orders_changed), fetch=of_order),
]
