"""Exports, and receipts of erasures, in the database.

A receipt has to outlive what it is of. So its table has no column ``shop``, by which everything of
a shop is erased, but a digest of the shop's name; and of a customer it keeps a digest, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from ..storage import UtcDateTime, metadata
from ..storage.upsert import upsert
from .model import Export, Receipt

data_requests = Table(
    "data_requests",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("request_id", String(100), primary_key=True),
    Column("customer_id", BigInteger, nullable=False),
    Column("export", JSON, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
)

receipts = Table(
    "receipts",
    metadata,
    Column("shop_digest", String(64), primary_key=True),
    Column("request_id", String(100), primary_key=True),
    Column("subject", String(10), nullable=False),
    Column("person_digest", String(64), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("erased_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("erased", JSON, nullable=False),
    Column("kept", JSON, nullable=False),
)


def keep_export(
    work: Connection,
    shop: str,
    *,
    request_id: str,
    customer_id: int,
    content: Mapping[str, Any],
    at: datetime,
) -> None:
    """Keep the export; a request of the same id is answered once."""
    mine = (data_requests.c.shop == shop) & (data_requests.c.request_id == request_id)
    if work.execute(select(data_requests.c.request_id).where(mine)).first() is None:
        work.execute(
            insert(data_requests).values(
                shop=shop,
                request_id=request_id,
                customer_id=customer_id,
                export=dict(content),
                asked_at=at,
            )
        )


def exports(view: Connection, shop: str, *, request_id: str | None = None) -> tuple[Export, ...]:
    """The newest first; the one of ``request_id`` alone if that is given."""
    row = data_requests.c
    query = select(row.request_id, row.customer_id, row.asked_at, row.export)
    query = query.where(row.shop == shop).order_by(row.asked_at.desc(), row.request_id)
    if request_id is not None:
        query = query.where(row.request_id == request_id)
    return tuple(Export(*one) for one in view.execute(query))


def delete_exports(work: Connection, shop: str, customer_id: int) -> int:
    """The customer's exports are gone; return how many there were."""
    mine = (data_requests.c.shop == shop) & (data_requests.c.customer_id == customer_id)
    return work.execute(delete(data_requests).where(mine)).rowcount


def keep_receipt(work: Connection, shop: str, receipt: Receipt, *, person_digest: str = "") -> None:
    """Keep the receipt; the first one of a request stays."""
    row = {
        "shop_digest": digest_of_shop(shop),
        "request_id": receipt.request_id,
        "subject": receipt.subject,
        "person_digest": person_digest,
        "asked_at": receipt.asked_at,
        "erased_at": receipt.erased_at,
        "finished_at": receipt.finished_at,
        "erased": dict(receipt.erased),
        "kept": dict(receipt.kept),
    }
    work.execute(upsert(work, receipts).values(**row).on_conflict_do_nothing())


def finish_receipt(
    work: Connection, shop: str, request_id: str, *, erased: Mapping[str, int], at: datetime
) -> None:
    """The receipt is complete, and counts these too; of one that is complete nothing changes."""
    row = receipts.c
    mine = (row.shop_digest == digest_of_shop(shop)) & (row.request_id == request_id)
    found = work.execute(select(row.erased).where(mine, row.finished_at.is_(None))).one_or_none()
    if found is not None:
        counted = {**found.erased, **erased}
        work.execute(update(receipts).where(mine).values(finished_at=at, erased=counted))


def receipts_of(
    view: Connection, shop: str, *, person_digest: str | None = None
) -> tuple[Receipt, ...]:
    """The newest first; those of one person alone if a digest is given."""
    row = receipts.c
    query = select(
        row.request_id,
        row.subject,
        row.asked_at,
        row.erased_at,
        row.finished_at,
        row.erased,
        row.kept,
    ).where(row.shop_digest == digest_of_shop(shop))
    if person_digest is not None:
        query = query.where(row.person_digest == person_digest)
    found = view.execute(query.order_by(row.erased_at.desc(), row.request_id))
    return tuple(Receipt(*one) for one in found)


def digest_of_shop(shop: str) -> str:
    return hashlib.sha256(shop.encode()).hexdigest()
