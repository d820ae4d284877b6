"""Orders: what was bought leaves the cart; what ended elsewhere ends here."""

from __future__ import annotations

from datetime import timedelta

from handcart.carts import service as carts
from handcart.pickups import service as pickups
from handcart.pickups.model import OrderSeen
from handcart.storage import add_task

from ..payloads.orders import Order, parse_order
from .handler import Effect, Handler

# Routing is told by a webhook of its own; when that is lost, asking finds the pickups all the same.
_ROUTED_BY = timedelta(seconds=60)


def order_created(effect: Effect, order: Order) -> None:
    """The order is known, and its cart sealed; its pickups follow when it is routed."""
    _see(effect, order)
    if order.cart_token:
        carts.order_placed(
            effect.work,
            effect.shop,
            cart_token=order.cart_token,
            order_id=order.order_id,
            lines=order.lines,
            at=effect.at,
        )
    if order.shipped and order.cancelled_at is None:
        _look_for_pickups(effect, order)


def order_changed(effect: Effect, order: Order) -> None:
    """The order is known as it is now; an older delivery changes nothing."""
    _see(effect, order)


def _see(effect: Effect, order: Order) -> None:
    seen = OrderSeen(
        order_id=order.order_id,
        name=order.name,
        order_token=order.token,
        customer_id=order.customer_id,
        customer_name=order.customer_name,
        updated_at=order.updated_at,
        cancelled_at=order.cancelled_at,
        fulfilled=order.fulfilled,
    )
    pickups.order_seen(effect.work, effect.shop, order=seen, at=effect.at)


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
