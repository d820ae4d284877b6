"""The story of one delivery: received, attempted, its effect, and all that came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from handcart.errors import NotFound, NotVerified
from handcart.storage.attempts import Attempt, history
from handcart.storage.outbox import outbox, tasks
from handcart.storage.queue import Queue

from .inbox import deliveries, inbox
from .packing import keyring_of, unpack
from .redaction import redact, redact_reason, redact_resource


@dataclass(frozen=True, slots=True)
class TracedTask:
    """A fact, call, job or handler that came of the delivery, however indirectly."""

    key: str
    kind: str
    name: str
    resource: str
    state: str
    attempts: int
    added_at: datetime
    due_at: datetime
    ended_at: datetime | None
    reason: str | None
    history: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """Nothing in it names a person: ``payload`` is redacted, and None when it is no JSON.

    ``history`` holds the attempts that did not end well and the replays; ``tasks`` come in the
    order they were added. ``size`` is that of the body in bytes, 0 when it is no longer kept.
    """

    shop: str
    webhook_id: str
    topic: str
    event_id: str | None
    api_version: str | None
    resource: str
    triggered_at: datetime | None
    received_at: datetime
    state: str
    attempts: int
    due_at: datetime
    ended_at: datetime | None
    reason: str | None
    history: tuple[Attempt, ...]
    tasks: tuple[TracedTask, ...]
    size: int
    payload: Any


def trace(view: Connection, shop: str, webhook_id: str) -> Trace:
    """What became of the delivery of that id; NotFound when the shop never sent it."""
    mine = (deliveries.c.shop == shop) & (deliveries.c.webhook_id == webhook_id)
    row = view.execute(select(deliveries).where(mine)).one_or_none()
    if row is None:
        raise NotFound("delivery_unknown", "no delivery of that id")
    body = _body(view, row)
    return Trace(
        shop=shop,
        webhook_id=webhook_id,
        topic=row.topic,
        event_id=row.event_id,
        api_version=row.api_version,
        resource=redact_resource(row.resource),
        triggered_at=row.triggered_at,
        received_at=row.added_at,
        state="done" if row.state == "shrunk" else row.state,
        attempts=row.attempts,
        due_at=row.due_at,
        ended_at=row.ended_at,
        reason=_reason(row),
        history=_history(view, shop, inbox, webhook_id),
        tasks=_tasks(view, shop, webhook_id),
        size=len(body),
        payload=redact(body),
    )


def _body(view: Connection, row: Any) -> bytes:
    """The body, or what lies there when no secret opens it: that is no JSON, so none is shown."""
    try:
        return unpack(row, keyring_of(view))
    except NotVerified:
        return bytes(row.body)


def _tasks(view: Connection, shop: str, webhook_id: str) -> tuple[TracedTask, ...]:
    came_of_it = (tasks.c.shop == shop) & (tasks.c.cause == webhook_id)
    rows = view.execute(select(tasks).where(came_of_it).order_by(tasks.c.place))
    return tuple(_task(view, row) for row in rows)


def _task(view: Connection, row: Any) -> TracedTask:
    return TracedTask(
        key=row.key,
        kind=row.kind,
        name=row.name,
        resource=redact_resource(row.resource),
        state=row.state,
        attempts=row.attempts,
        added_at=row.added_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        reason=_reason(row),
        history=_history(view, row.shop, outbox, row.key),
    )


def _history(view: Connection, shop: str, queue: Queue, row_id: str) -> tuple[Attempt, ...]:
    return tuple(
        each if each.outcome == "released" else replace(each, reason=redact_reason(each.reason))
        for each in history(view, shop, queue, row_id=row_id)
    )


def _reason(row: Any) -> str | None:
    return redact_reason(row.reason) if row.reason else None
