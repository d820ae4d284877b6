"""Which orders have left which cart, in the database: each of them once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import JSON, BigInteger, Column, Connection, Index, String, Table, select, update

from ..errors import StaleWrite
from ..storage import UtcDateTime, metadata
from ..storage.upsert import insert_new
from .cart import moment
from .token_store import StoredToken

# An order and a report may be read in one order and written down in the other.
_OVERLAP = timedelta(seconds=10)

cart_orders = Table(
    "cart_orders",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("cart_id", String(32)),
    Column("token", String(255), nullable=False),
    Column("lines", JSON, nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False),
    Column("given_back_at", UtcDateTime),
    Index("ix_cart_orders_cart", "shop", "cart_id"),
)


def add_order(
    work: Connection,
    shop: str,
    order_id: int,
    *,
    cart_id: str | None,
    token: str,
    lines: Mapping[str, int],
    at: datetime,
) -> None:
    """Remember that this order has left its cart; raises StaleWrite when it is known already."""
    row = {"shop": shop, "order_id": order_id, "cart_id": cart_id, "token": token}
    insert_new(work, cart_orders, {**row, "lines": dict(lines), "sealed_at": at})


def knows_order(view: Connection, shop: str, order_id: int) -> bool:
    one = (cart_orders.c.shop == shop) & (cart_orders.c.order_id == order_id)
    return view.execute(select(cart_orders.c.order_id).where(one)).first() is not None


def orders_elsewhere(
    view: Connection, shop: str, stored: StoredToken, cart_id: str
) -> list[Mapping[str, int]]:
    """The lines of each order that left this cart by another platform cart since this one last
    held what it should; a report whose answer was lost is none of those.
    """
    row = cart_orders.c
    agreed = moment(stored.memory.agreed_at) if stored.memory.agreed_at else stored.reported_at
    new = (row.shop == shop) & (row.cart_id == cart_id) & (row.sealed_at > agreed - _OVERLAP)
    query = select(row.lines).where(new & (row.token != stored.token))
    return list(view.execute(query).scalars())


def sealed_cart(view: Connection, shop: str, order_id: int) -> str | None:
    """The cart that an order has left; None when there is none or it was given back already."""
    columns = (cart_orders.c.cart_id, cart_orders.c.given_back_at)
    one = (cart_orders.c.shop == shop) & (cart_orders.c.order_id == order_id)
    row = view.execute(select(*columns).where(one)).one_or_none()
    return row.cart_id if row and row.given_back_at is None else None


def mark_given_back(work: Connection, shop: str, order_id: int, *, at: datetime) -> None:
    """Once for each order; raises StaleWrite for the second."""
    one = (cart_orders.c.shop == shop) & (cart_orders.c.order_id == order_id)
    first = one & cart_orders.c.given_back_at.is_(None)
    if work.execute(update(cart_orders).where(first).values(given_back_at=at)).rowcount != 1:
        raise StaleWrite("the order")
