"""Orders: what was bought leaves the cart and comes back when it fails; what ended ends here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from handcart.carts import service as carts
from handcart.carts.model import SnapshotLine
from handcart.pickups import checkout, reading
from handcart.pickups import service as pickups
from handcart.pickups.model import OrderSeen
from handcart.platform.port import Order
from handcart.shoppers import forgotten, merged
from handcart.stock import sales
from handcart.storage import add_tasks, caused_by, new_task

from ..bodies import empty
from ..payloads.orders import parse_order
from .handler import Handler, Told

# Routing is told by a webhook of its own; when that is lost, asking finds the pickups all the same.
_ROUTED_BY = timedelta(seconds=60)


def orders_created(work: Connection, told: Sequence[Told], at: datetime) -> None:
    """The orders are known, and their carts sealed; their pickups follow when they are routed."""
    orders_changed(work, told, at)
    bought = [
        (one.shop, one.says.cart_token, one.says.order_id) for one in told if one.says.cart_token
    ]
    checkout.orders_seen(work, bought, at=at)
    _seal_known_carts(work, told, at)
    add_tasks(work, [_look_for_pickups(one, at) for one in told if _is_to_come(one.says)])


def orders_changed(work: Connection, told: Sequence[Told], at: datetime) -> None:
    """The orders are known as they are now; an older delivery changes nothing.

    Of a customer who was forgotten since nothing is known by it, and its body is not kept.
    """
    named = merged.followed(work, [(one.shop, one.says) for one in told])
    heard = forgotten.without(work, named)
    pickups.orders_seen(work, [(shop, _seen(order)) for shop, order in heard], at=at)
    sales.orders_seen(work, [(one.shop, one.says) for one in told], at=at)
    _give_carts_back(work, told, at)
    for one, (_, before), (shop, order) in zip(told, named, heard, strict=True):
        if order is not before:
            empty(work, shop, [one.delivery.webhook_id])


def order_read(work: Connection, shop: str, order: Order, *, at: datetime) -> bool:
    """All that the webhooks of the order would have done but its pickups; True if it was news."""
    [(_, known)] = forgotten.without(work, merged.followed(work, [(shop, order)]))
    news = reading.order_read(work, shop, _seen(known), at=at)
    sales.orders_seen(work, [(shop, order)], at=at)
    sealed = _seal(work, shop, order, at=at)
    given_back = _give_back(work, shop, order, at=at)
    return news or sealed or given_back


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
        lines=_sold(order),
        at=at,
    )


def _sold(order: Order) -> list[SnapshotLine]:
    return [
        SnapshotLine(line.variant_id, line.quantity, line.properties, line.selling_plan)
        for line in order.lines
    ]


def _seal_known_carts(work: Connection, told: Sequence[Told], at: datetime) -> None:
    """Most orders come of carts that no browser has told us of; one look finds the others."""
    named = [(one.shop, one.says.cart_token) for one in told if one.says.cart_token]
    known = carts.known_tokens(work, named)
    for one in told:
        if (one.shop, one.says.cart_token) in known:
            with caused_by(one.delivery.webhook_id):
                _seal(work, one.shop, one.says, at=at)


def _give_carts_back(work: Connection, told: Sequence[Told], at: datetime) -> None:
    """Orders that came to nothing; one that was never told of is sealed before, so that its own
    webhook takes nothing away when it comes late."""
    cancelled = [one for one in told if one.says.cancelled_at is not None]
    _seal_known_carts(work, cancelled, at)
    for one in cancelled:
        with caused_by(one.delivery.webhook_id):
            _give_back(work, one.shop, one.says, at=at)


def _give_back(work: Connection, shop: str, order: Order, *, at: datetime) -> bool:
    if order.cancelled_at is None:
        return False
    reason = order.cancel_reason
    return carts.order_cancelled(
        work, shop, order_id=order.order_id, reason=reason, lines=_sold(order), at=at
    )


def _is_to_come(order: Order) -> bool:
    return order.shipped and order.cancelled_at is None


def _look_for_pickups(one: Told, at: datetime) -> Mapping[str, Any]:
    with caused_by(one.delivery.webhook_id):
        return new_task(
            one.shop,
            "find_pickups",
            {"order_id": one.says.order_id},
            at=at,
            kind="job",
            due_at=at + _ROUTED_BY,
        )


HANDLERS = [
    Handler("orders/create", parse_order, orders_created),
    Handler("orders/updated", parse_order, orders_changed),
    Handler("orders/cancelled", parse_order, orders_changed),
]
