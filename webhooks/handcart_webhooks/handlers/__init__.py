"""One file a topic noun: from the platform's words to what the rooms know."""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    app,
    app_subscriptions,
    carts,
    compliance,
    customers,
    fulfillment_orders,
    inventory_levels,
    orders,
    products,
)
from .handler import Apply as Apply
from .handler import Handler as Handler
from .handler import Told as Told

__all__ = ["HANDLERS", "Apply", "Handler", "Told"]

HANDLERS: Mapping[str, Handler] = {
    handler.topic: handler
    for room in (
        app,
        app_subscriptions,
        carts,
        compliance,
        customers,
        fulfillment_orders,
        inventory_levels,
        orders,
        products,
    )
    for handler in room.HANDLERS
}
