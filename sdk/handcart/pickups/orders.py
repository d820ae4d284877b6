"""What has been seen of orders: one row each, in which older news never undoes newer.

An order's token is kept as its SHA-256 only: whoever reads the database cannot open the order's
status page with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select, update

from ..storage import database
from ..storage.among import Lookup
from ..storage.many import insert_many
from .model import OrderFacts, OrderSeen
from .tables import orders, pickups

_OF_ORDER = pickups.c.shop, pickups.c.order_id
_WITH_PICKUPS = Lookup(select(*_OF_ORDER), *_OF_ORDER)
# ``OrderFacts.joined`` in SQL.
_JOINED = """(shop, order_id) DO UPDATE SET
    name = excluded.name,
    updated_at = excluded.updated_at,
    cancelled_at = CASE WHEN excluded.updated_at > orders.updated_at THEN excluded.cancelled_at
        ELSE coalesce(orders.cancelled_at, excluded.cancelled_at) END,
    fulfilled = CASE WHEN excluded.updated_at > orders.updated_at THEN excluded.fulfilled
        ELSE orders.fulfilled OR excluded.fulfilled END
    WHERE excluded.updated_at >= orders.updated_at"""


def token_hash(order_token: str) -> str:
    return hashlib.sha256(order_token.encode()).hexdigest()


def alone(work: Connection, shop: str, order_id: int) -> None:
    """Until the commit nobody else hears of the order: not of its end, nor of a pickup of it.

    Each looks for the other, and neither would see what the other has not committed yet.
    """
    database.alone(work, shop, lock_name(order_id))


def all_alone(work: Connection, seen: Iterable[tuple[str, OrderSeen]]) -> None:
    """The same for many orders, each of a shop."""
    database.all_alone(work, [(shop, lock_name(order.order_id)) for shop, order in seen])


def keep_all(work: Connection, seen: Iterable[tuple[str, OrderSeen]]) -> None:
    """Join what was seen of each order of a shop with what was known, and keep it.

    The newer of both; of two from the same second, whatever either says has happened: any order
    of arrival ends in the same row.
    """
    insert_many(work, orders, [_row(*each) for each in seen], conflict=_JOINED)


def with_pickups(view: Connection, seen: Iterable[tuple[str, OrderSeen]]) -> set[tuple[str, int]]:
    """The shop and id of those orders that have pickups."""
    asked = [(shop, order.order_id) for shop, order in seen]
    return {(row.shop, row.order_id) for row in _WITH_PICKUPS(view, asked)}


def facts(view: Connection, shop: str, order_id: int) -> OrderFacts | None:
    """What is known of an order; None when nothing was seen of it yet."""
    query = select(orders).where(orders.c.shop == shop, orders.c.order_id == order_id)
    row = view.execute(query).one_or_none()
    if row is None:
        return None
    return OrderFacts(row.order_id, row.updated_at, row.cancelled_at, row.fulfilled)


def of_customer(view: Connection, shop: str, customer_id: int) -> list[dict[str, Any]]:
    """What is kept of a customer's orders, as JSON."""
    rows = view.execute(
        select(orders).where(orders.c.shop == shop, orders.c.customer_id == customer_id)
    )
    return [
        {"order_id": row.order_id, "name": row.name, "customer_name": row.customer_name}
        for row in rows
    ]


def forget_customer(work: Connection, shop: str, customer_id: int) -> int:
    """No order says any more whose it was, and none can be found by its token.

    Returns how many there are.
    """
    changed = work.execute(
        update(orders)
        .where(orders.c.shop == shop, orders.c.customer_id == customer_id)
        .values(customer_id=None, customer_name="", token_hash="")
    )
    return changed.rowcount


def rename_customer(work: Connection, shop: str, was: int, now: int) -> None:
    mine = (orders.c.shop == shop) & (orders.c.customer_id == was)
    work.execute(update(orders).where(mine).values(customer_id=now))


def lock_name(order_id: int) -> str:
    """By which whoever wants it alone asks for it."""
    return f"order {order_id}"


def _row(shop: str, seen: OrderSeen) -> dict[str, Any]:
    return {
        "shop": shop,
        "order_id": seen.order_id,
        "name": seen.name,
        "token_hash": token_hash(seen.order_token),
        "customer_id": seen.customer_id,
        "customer_name": seen.customer_name,
        "updated_at": seen.updated_at,
        "cancelled_at": seen.cancelled_at,
        "fulfilled": seen.fulfilled,
    }
