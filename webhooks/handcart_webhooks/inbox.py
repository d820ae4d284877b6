"""The inbox: every verified delivery, once, in the same database as what it will change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, String, Table, func, select, update

from handcart.delivery import Delivery
from handcart.errors import NotFound
from handcart.storage import UtcDateTime, metadata
from handcart.storage.queue import Queue, queue_columns, queue_indexes

from .packing import keyring_of, pack, unpack
from .resources import resource_of

deliveries = Table(
    "deliveries",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("webhook_id", String(100), primary_key=True),
    Column("topic", String(130), nullable=False),
    Column("event_id", String(100)),
    Column("api_version", String(20)),
    Column("triggered_at", UtcDateTime),
    Column("body", LargeBinary, nullable=False),
    Column("digest", LargeBinary),
    *queue_columns(),
    *queue_indexes("deliveries"),
)
inbox = Queue(deliveries, id_column="webhook_id")

Row = dict[str, Any]


def accept(work: Connection, arrived: Sequence[Delivery]) -> int:
    """Keep every delivery not seen before; return how many those were."""
    known = work.get_execution_options()
    return inbox.add_all(work, [row_of(one, known) for one in arrived])


def row_of(delivery: Delivery, known: Mapping[str, Any]) -> Row:
    """What is kept of a delivery, by a database of which so much is ``known``."""
    return {
        "shop": delivery.shop,
        "webhook_id": delivery.webhook_id,
        "topic": delivery.topic,
        "event_id": delivery.event_id,
        "api_version": delivery.api_version,
        "triggered_at": delivery.triggered_at,
        "body": pack(delivery, known),
        "resource": resource_of(delivery.topic, delivery.body, webhook_id=delivery.webhook_id),
        "state": "waiting",
        "attempts": 0,
        "added_at": delivery.received_at,
        "due_at": delivery.received_at,
    }


def read_delivery(row: Any) -> Delivery:
    """The delivery as it is kept; whoever wants its body unpacks that."""
    return Delivery(
        shop=row.shop,
        topic=row.topic,
        webhook_id=row.webhook_id,
        event_id=row.event_id,
        api_version=row.api_version,
        triggered_at=row.triggered_at,
        received_at=row.added_at,
        body=row.body,
    )


def find(view: Connection, shop: str, webhook_id: str) -> Delivery:
    """The delivery of that id; NotFound when the shop never sent it."""
    mine = (deliveries.c.shop == shop) & (deliveries.c.webhook_id == webhook_id)
    row = view.execute(select(deliveries).where(mine)).one_or_none()
    if row is None:
        raise NotFound("delivery_unknown", "no delivery of that id")
    return replace(read_delivery(row), body=unpack(row, keyring_of(view)))


def release(work: Connection, shop: str, *, reason: str, at: datetime) -> int:
    """Let the dead letters that rest for ``reason`` be tried again; return how many."""
    changed = work.execute(
        update(deliveries)
        .where(
            deliveries.c.shop == shop,
            deliveries.c.state == "dead",
            deliveries.c.reason.startswith(reason, autoescape=True),
        )
        .values(state="waiting", attempts=0, due_at=at, ended_at=None, reason=None)
    )
    return changed.rowcount


def count_by_state(view: Connection, shop: str) -> dict[str, int]:
    """How many deliveries of the shop wait, are done, or rest with the dead letters."""
    counted = view.execute(
        select(deliveries.c.state, func.count().label("rows"))
        .where(deliveries.c.shop == shop)
        .group_by(deliveries.c.state)
    )
    return {row.state: row.rows for row in counted}
