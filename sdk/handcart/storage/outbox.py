"""What must happen after the commit waits here, in the transaction that decided it.

A task is claimed by the relay, run outside any transaction, and marked done; it runs at least
once, so each carries a key that its receiver can recognise. Tasks of one ``resource`` run one at
a time, in the order they were added.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, String, Table, delete, or_

from ..events import Event, event_name, event_payload
from .queue import Queue, partial_index, queue_columns, queue_indexes
from .types import metadata

tasks = Table(
    "tasks",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("name", String(200), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("cause", String(100)),
    *queue_columns(),
    *queue_indexes("tasks"),
    partial_index("ix_tasks_cause", "shop", "cause", has="cause"),
)
outbox = Queue(tasks, id_column="key")
_cause: ContextVar[str | None] = ContextVar("cause", default=None)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do; ``kind`` says by whom, ``name`` what, ``payload`` with what.

    ``call``: a method of the platform port. ``job``: one of our own. ``event``: a fact to tell.
    ``handler``: one handler of a developer's, with the fact or the delivery it is to hear of.
    ``timer``: one that goes off once. A ``job`` may be a slot of a developer's, too.
    ``cause`` is the id of the delivery that the task came of, however indirectly.
    """

    shop: str
    key: str
    kind: str
    name: str
    payload: Mapping[str, Any]
    resource: str
    attempts: int
    added_at: datetime
    cause: str | None = None


@contextmanager
def caused_by(webhook_id: str | None) -> Iterator[None]:
    """Every task added meanwhile, in this thread, is known to come of that delivery."""
    before = _cause.set(webhook_id)
    try:
        yield
    finally:
        _cause.reset(before)


def add_task(
    work: Connection,
    shop: str,
    name: str,
    payload: Mapping[str, Any],
    *,
    at: datetime,
    kind: str = "call",
    resource: str | None = None,
    due_at: datetime | None = None,
    key: str | None = None,
) -> str:
    """Add one task to this transaction and return its key; ``payload`` is JSON.

    Without a ``resource`` the task waits for no other and no other waits for it. With a ``key``
    of its own it is added once, however often it is asked for.
    """
    task = new_task(
        shop, name, payload, at=at, kind=kind, resource=resource, due_at=due_at, key=key
    )
    add_tasks(work, [task])
    return str(task["key"])


def new_task(
    shop: str,
    name: str,
    payload: Mapping[str, Any],
    *,
    at: datetime,
    kind: str = "call",
    resource: str | None = None,
    due_at: datetime | None = None,
    key: str | None = None,
) -> Mapping[str, Any]:
    """A task for ``add_tasks``; the arguments are those of ``add_task``."""
    key = key or uuid.uuid4().hex
    return {
        "shop": shop,
        "key": key,
        "kind": kind,
        "name": name,
        "payload": dict(payload),
        "cause": _cause.get(),
        "resource": resource or f"task:{key}",
        "state": "waiting",
        "attempts": 0,
        "added_at": at,
        "due_at": due_at or at,
    }


def add_tasks(work: Connection, new: Sequence[Mapping[str, Any]]) -> None:
    """Add the tasks to this transaction, in their order."""
    outbox.add_all(work, new)


def cancel_task(work: Connection, shop: str, key: str, *, at: datetime) -> bool:
    """The task is gone; False when it has begun, has ended, or never was."""
    unleased = or_(tasks.c.leased_until.is_(None), tasks.c.leased_until <= at)
    gone = work.execute(
        delete(tasks).where(
            tasks.c.shop == shop,
            tasks.c.key == key,
            tasks.c.state == "waiting",
            unleased,
        )
    )
    return gone.rowcount == 1


def put_off(work: Connection, row: Any, *, until: datetime) -> bool:
    """The task waits on, and this was no attempt at it; False when it was taken over."""
    return outbox.give_back(work, [row], due_at=until) == 1


def record(work: Connection, shop: str, fact: Event, *, at: datetime, resource: str) -> None:
    """Add ``fact`` to this transaction; its subscribers hear of it after the commit."""
    add_task(
        work,
        shop,
        event_name(type(fact)),
        event_payload(fact),
        at=at,
        kind="event",
        resource=f"event:{resource}",
    )


def read_task(row: Any) -> Task:
    return Task(
        shop=row.shop,
        key=row.key,
        kind=row.kind,
        name=row.name,
        payload=row.payload,
        resource=row.resource,
        attempts=row.attempts,
        added_at=row.added_at,
        cause=row.cause,
    )
