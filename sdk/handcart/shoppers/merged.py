"""Customers that the platform has made into one: who is known by which id now.

The merge is told in no order with all that names the customer who is gone, so that stays known for
good: whatever comes of them later is the other's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from ..platform.port import FulfillmentOrder, Order
from ..storage import UtcDateTime, metadata
from ..storage.among import Lookup

merged_customers = Table(
    "merged_customers",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("gone_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kept_id", BigInteger, nullable=False),
    Column("merged_at", UtcDateTime, nullable=False),
    Index("ix_merged_customers_kept", "shop", "kept_id"),
)
_row = merged_customers.c
_MERGED = Lookup(select(_row.shop, _row.gone_id, _row.kept_id), _row.shop, _row.gone_id)


def known_as(view: Connection, shop: str, customer_id: int) -> int:
    """The id that this customer has now."""
    one = (_row.shop == shop) & (_row.gone_id == customer_id)
    found: int | None = view.scalar(select(_row.kept_id).where(one))
    return customer_id if found is None else found


def remember(
    work: Connection, shop: str, *, kept_id: int, gone_id: int, at: datetime
) -> int | None:
    """The customer is the other one from now on; the id of whom, after every merge so far.

    None, and nothing changed, when that is known or would lead in a circle.
    """
    kept_id = known_as(work, shop, kept_id)
    if kept_id == gone_id or known_as(work, shop, gone_id) == kept_id:
        return None
    through = (_row.shop == shop) & (_row.kept_id == gone_id)
    work.execute(update(merged_customers).where(through).values(kept_id=kept_id))
    if known_as(work, shop, gone_id) == gone_id:
        row = {"shop": shop, "gone_id": gone_id, "kept_id": kept_id, "merged_at": at}
        work.execute(insert(merged_customers).values(**row))
    return kept_id


def names_of(view: Connection, shop: str, customer_id: int) -> tuple[int, ...]:
    """This id, and every other that the customer ever had."""
    gone = select(_row.gone_id).where((_row.shop == shop) & (_row.kept_id == customer_id))
    return (customer_id, *sorted(view.execute(gone).scalars()))


def forget(work: Connection, shop: str, customer_id: int) -> None:
    mine = (_row.shop == shop) & (_row.kept_id == customer_id)
    work.execute(delete(merged_customers).where(mine))


def followed(
    view: Connection, told: Sequence[tuple[str, Order | FulfillmentOrder]]
) -> list[tuple[str, Any]]:
    """What was told by each shop, of the customers as they are known now."""
    asked = {(shop, one.customer_id) for shop, one in told if one.customer_id is not None}
    if not asked:
        return list(told)
    known = {(each.shop, each.gone_id): each.kept_id for each in _MERGED(view, asked)}
    return [
        (shop, replace(one, customer_id=known[shop, one.customer_id]))
        if (shop, one.customer_id) in known
        else (shop, one)
        for shop, one in told
    ]
