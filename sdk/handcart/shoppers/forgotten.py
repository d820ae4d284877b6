"""Customers who asked to be forgotten: a digest of each, so that late news bring nobody back.

The platform may deliver a day late and in any order. What was told of a customer before they were
forgotten no longer names them; what they do afterwards does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, String, Table, select

from ..platform.port import FulfillmentOrder, Order
from ..storage import UtcDateTime, metadata
from ..storage.among import Lookup
from ..storage.upsert import upsert

forgotten_customers = Table(
    "forgotten_customers",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("forgotten_at", UtcDateTime, nullable=False),
)
_row = forgotten_customers.c
_FORGOTTEN = Lookup(select(_row.shop, _row.digest, _row.forgotten_at), _row.shop, _row.digest)


def remember(work: Connection, shop: str, customer_id: int, *, at: datetime) -> None:
    """News from up to now do not name the customer any more."""
    row = {"shop": shop, "digest": digest_of(shop, customer_id), "forgotten_at": at}
    work.execute(
        upsert(work, forgotten_customers)
        .values(**row)
        .on_conflict_do_update(
            index_elements=list(forgotten_customers.primary_key), set_={"forgotten_at": at}
        )
    )


def without(
    view: Connection, told: Sequence[tuple[str, Order | FulfillmentOrder]]
) -> list[tuple[str, Any]]:
    """What was told by each shop; what is of a customer forgotten since does not say of whom."""
    asked = {
        (shop, digest_of(shop, one.customer_id))
        for shop, one in told
        if one.customer_id is not None
    }
    if not asked:
        return list(told)
    known = {(each.shop, each.digest): each.forgotten_at for each in _FORGOTTEN(view, asked)}
    return [(shop, _without(known, shop, one)) for shop, one in told]


def _without(known: Mapping[tuple[str, str], datetime], shop: str, told: Any) -> Any:
    if told.customer_id is None:
        return told
    forgotten_at = known.get((shop, digest_of(shop, told.customer_id)))
    if forgotten_at is None or forgotten_at < told.updated_at:
        return told
    return replace(told, customer_id=None, customer_name="")


def digest_of(shop: str, customer_id: int) -> str:
    """Stands for the customer where nothing may name them."""
    return hashlib.sha256(f"{shop} {customer_id}".encode()).hexdigest()
