"""Orders: what was bought leaves the cart; what ended elsewhere ends here."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from handcart.carts import service as carts
from handcart.carts.model import SnapshotLine
from handcart.pickups import reading
from handcart.pickups import service as pickups
from handcart.pickups.model import OrderSeen
from handcart.platform.port import Order
from handcart.storage import add_task

from ..payloads.orders import parse_order
from .handler import Effect, Handler

# Routing is told by a webhook of its own; when that is lost, asking finds the pickups all the same.
_ROUTED_BY = timedelta(seconds=60)


def order_created(effect: Effect, order: Order) -> None:
    """The order is known, and its cart sealed; its pickups follow when it is routed."""
    order_changed(effect, order)
    _seal(effect.work, effect.shop, order, at=effect.at)
    if order.shipped and order.cancelled_at is None:
        _look_for_pickups(effect, order)


def order_changed(effect: Effect, order: Order) -> None:
    """The order is known as it is now; an older delivery changes nothing."""
    pickups.order_seen(effect.work, effect.shop, order=_seen(order), at=effect.at)


def order_read(work: Connection, shop: str, order: Order, *, at: datetime) -> bool:
    """All that the webhooks of the order would have done but its pickups; True if it was news."""
    news = reading.order_read(work, shop, _seen(order), at=at)
    sealed = _seal(work, shop, order, at=at)
    return news or sealed


def _seen(order: Order) -> OrderSeen:
    return OrderSeen(
        order_id=order.order_id,
        name=order.name,
        order_token=order.token,
        customer_id=order.customer_id,
        customer_name=order.customer_name,
        updated_at=order.updated_at,
        cancelled_at=order.cancelled_at,
        fulfilled=order.fulfilled,
    )


def _seal(work: Connection, shop: str, order: Order, *, at: datetime) -> bool:
    if not order.cart_token:
        return False
    return carts.order_placed(
        work,
        shop,
        cart_token=order.cart_token,
        order_id=order.order_id,
        lines=[
            SnapshotLine(line.variant_id, line.quantity, line.properties, line.selling_plan)
            for line in order.lines
        ],
        at=at,
    )


def _look_for_pickups(effect: Effect, order: Order) -> None:
    add_task(
        effect.work,
        effect.shop,
        "find_pickups",
        {"order_id": order.order_id},
        at=effect.at,
        kind="job",
        due_at=effect.at + _ROUTED_BY,
    )


HANDLERS = [
    Handler("orders/create", parse_order, order_created),
    Handler("orders/updated", parse_order, order_changed),
    Handler("orders/cancelled", parse_order, order_changed),
]
