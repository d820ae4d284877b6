"""What the platform says of fulfillment orders, for the shelf and for the counter at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from ..platform.port import FulfillmentOrder
from ..stock import sales
from . import locking, service


def told(work: Connection, shop: str, found: Sequence[FulfillmentOrder], *, at: datetime) -> None:
    """As if a webhook had told each: its goods are set aside, and wait at the counter."""
    locking.of_orders(work, [(shop, order.order_id) for order in found])
    for order in found:
        sales.routed(work, shop, order, at=at)
    for order in found:
        service.request_pickup(work, shop, order, at=at)
