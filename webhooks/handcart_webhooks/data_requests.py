"""What customers asked to see of themselves: one export a request, for the merchant to pass on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Connection, String, Table, delete, insert, select

from handcart.storage import UtcDateTime, metadata

data_requests = Table(
    "data_requests",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("request_id", String(100), primary_key=True),
    Column("customer_id", BigInteger, nullable=False),
    Column("export", JSON, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
)


def keep(
    work: Connection,
    shop: str,
    *,
    request_id: str,
    customer_id: int,
    export: Mapping[str, Any],
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
                export=dict(export),
                asked_at=at,
            )
        )


def forget_customer(work: Connection, shop: str, customer_id: int) -> None:
    """The customer's exports are gone."""
    work.execute(
        delete(data_requests).where(
            data_requests.c.shop == shop, data_requests.c.customer_id == customer_id
        )
    )
