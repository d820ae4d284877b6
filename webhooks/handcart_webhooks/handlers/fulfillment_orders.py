"""Fulfillment orders: where an order is to be prepared, and how it leaves the shop."""

from __future__ import annotations

from handcart.pickups import service as pickups
from handcart.platform.port import FulfillmentOrder, Platform

from ..payloads.fulfillment_orders import Routed, parse_routed
from .handler import Effect, Handler


def fulfillment_order(platform: Platform, routed: Routed) -> FulfillmentOrder | None:
    """The webhook names the fulfillment order and little more, so it is read back."""
    return platform.fulfillment_order(routed.fulfillment_order_id)


def order_routed(effect: Effect, order: FulfillmentOrder | None) -> None:
    """A pickup waits for the staff of its store; other ways of delivery change nothing."""
    if order is not None:
        pickups.request_pickup(effect.work, effect.shop, order, at=effect.at)


HANDLERS = [
    Handler(
        "fulfillment_orders/order_routing_complete",
        parse_routed,
        order_routed,
        fetch=fulfillment_order,
    ),
]
