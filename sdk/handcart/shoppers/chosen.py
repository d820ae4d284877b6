"""The store that a customer means to collect at: chosen on one device, known on all of theirs.

A guest's choice stays in their browser; nobody here hears of it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    and_,
    delete,
    select,
    update,
)

from ..storage import UtcDateTime, metadata
from ..storage.upsert import upsert

chosen_stores = Table(
    "chosen_stores",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("location_id", BigInteger, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)


def choose(
    work: Connection, shop: str, customer_id: int, *, location_id: int, at: datetime
) -> None:
    """From now on it is that store, on every device."""
    row = {"location_id": location_id, "at": at}
    table = chosen_stores.c
    work.execute(
        upsert(work, chosen_stores)
        .values(shop=shop, customer_id=customer_id, **row)
        .on_conflict_do_update(index_elements=[table.shop, table.customer_id], set_=row)
    )


def of_customer(view: Connection, shop: str, customer_id: int) -> int | None:
    """The store's location; None while none was chosen."""
    query = select(chosen_stores.c.location_id).where(_of(shop, customer_id))
    return view.execute(query).scalar_one_or_none()


def rename_customer(work: Connection, shop: str, was: int, now: int) -> None:
    """The choice of the customer who is kept counts; without one, that of the other."""
    if of_customer(work, shop, now) is None:
        work.execute(update(chosen_stores).where(_of(shop, was)).values(customer_id=now))
    else:
        forget_customer(work, shop, was)


def forget_customer(work: Connection, shop: str, customer_id: int) -> int:
    """Return how many choices there were."""
    return work.execute(delete(chosen_stores).where(_of(shop, customer_id))).rowcount


def _of(shop: str, customer_id: int) -> ColumnElement[bool]:
    return and_(chosen_stores.c.shop == shop, chosen_stores.c.customer_id == customer_id)
