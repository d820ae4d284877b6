"""What has been seen of orders: one row each, in which older news never undoes newer.

An order's token is kept as its SHA-256 only: whoever reads the database cannot open the order's
status page with it.
"""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Connection, select, update

from ..storage import database
from ..storage.upsert import upsert
from .model import OrderFacts, OrderSeen, facts_of
from .tables import orders


def token_hash(order_token: str) -> str:
    return hashlib.sha256(order_token.encode()).hexdigest()


def alone(work: Connection, shop: str, order_id: int) -> None:
    """Until the commit nobody else hears of the order: not of its end, nor of a pickup of it.

    Each looks for the other, and neither would see what the other has not committed yet.
    """
    database.alone(work, shop, f"order {order_id}")


def keep(work: Connection, shop: str, seen: OrderSeen) -> OrderFacts:
    """Join what was seen now with what was known, keep it, and return it."""
    if _insert(work, shop, seen):
        return facts_of(seen)
    known = facts(work, shop, seen.order_id, for_update=True)
    joined = known.joined(seen) if known else facts_of(seen)
    if joined != known:
        work.execute(
            update(orders)
            .where(orders.c.shop == shop, orders.c.order_id == seen.order_id)
            .values(
                name=seen.name,
                updated_at=joined.updated_at,
                cancelled_at=joined.cancelled_at,
                fulfilled=joined.fulfilled,
            )
        )
    return joined


def facts(
    view: Connection, shop: str, order_id: int, *, for_update: bool = False
) -> OrderFacts | None:
    """What is known of an order; None when nothing was seen of it yet."""
    query = select(orders).where(orders.c.shop == shop, orders.c.order_id == order_id)
    row = view.execute(query.with_for_update() if for_update else query).one_or_none()
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


def forget_customer(work: Connection, shop: str, customer_id: int) -> None:
    """No order says any more whose it was, and none can be found by its token."""
    work.execute(
        update(orders)
        .where(orders.c.shop == shop, orders.c.customer_id == customer_id)
        .values(customer_id=None, customer_name="", token_hash="")
    )


def _insert(work: Connection, shop: str, seen: OrderSeen) -> bool:
    made = work.execute(
        upsert(work, orders)
        .values(
            shop=shop,
            order_id=seen.order_id,
            name=seen.name,
            token_hash=token_hash(seen.order_token),
            customer_id=seen.customer_id,
            customer_name=seen.customer_name,
            updated_at=seen.updated_at,
            cancelled_at=seen.cancelled_at,
            fulfilled=seen.fulfilled,
        )
        .on_conflict_do_nothing()
    )
    return bool(made.rowcount)
