"""What was read from the platform rather than told by a webhook: the same effect, and was it news?

The effect is that of the webhook, guarded by the same dates. News is what a person would notice:
a newer date alone is none.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from ..platform.port import FulfillmentOrder
from . import orders, service, store
from .model import OrderSeen


def order_read(work: Connection, shop: str, order: OrderSeen, *, at: datetime) -> bool:
    """The order's facts are kept; True when it was unknown, or its end was."""
    before = orders.facts(work, shop, order.order_id)
    service.order_seen(work, shop, order=order, at=at)
    after = orders.facts(work, shop, order.order_id)
    if before is None or after is None:
        return True
    return (before.cancelled_at, before.fulfilled) != (after.cancelled_at, after.fulfilled)


def fulfillment_order_read(
    work: Connection, shop: str, order: FulfillmentOrder, *, at: datetime
) -> bool:
    """If the goods are to be picked up they wait at the counter; True when the pickup changed."""
    if order.method != "pick_up":
        return False
    before = store.of_fulfillment_order(work, shop, order.fulfillment_order_id)
    service.request_pickup(work, shop, order, at=at)
    return store.of_fulfillment_order(work, shop, order.fulfillment_order_id) != before
