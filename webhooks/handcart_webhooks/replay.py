"""Let what rests, or what is done, be tried again.

A row keeps its place in the line of its resource, so several that are released run in the order
they came. Nothing is done twice by it: what a delivery may change is decided by the dates in it,
and a call carries the key it had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from handcart.storage import Database, attempts
from handcart.storage.outbox import outbox
from handcart.storage.queue import Queue

from .inbox import deliveries, inbox
from .overview import Sort

_GROUP = 200
_QUEUES = {"delivery": inbox, "task": outbox}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: all dead letters, narrowed by what is given; ``done`` takes done rows instead.

    ``name`` is a topic or a task's name, ``reason`` the code that a dead letter's reason begins
    with.
    """

    ids: tuple[str, ...] = ()
    name: str | None = None
    reason: str | None = None
    done: bool = False


def replay(
    db: Database, shop: str, wanted: Wanted, *, sort: Sort = "delivery", by: str, at: datetime
) -> int:
    """Every row that is ``wanted`` waits again; returns how many.

    Released in groups, the oldest first, so that nothing else is held up by many. A delivery
    whose payload is no longer kept stays where it is.
    """
    queue = _QUEUES[sort]
    with db.reading() as view:
        found = _find(view, shop, queue, wanted)
    released = 0
    for first in range(0, len(found), _GROUP):
        with db.writing() as work:
            group = found[first : first + _GROUP]
            released += _release(work, shop, queue, group, wanted=wanted, by=by, at=at)
    return released


def _find(view: Connection, shop: str, queue: Queue, wanted: Wanted) -> list[str]:
    row = queue.table.c
    row_id = row[attempts.id_column(queue.table)]
    asked = select(row_id).where(row.shop == shop, *_conditions(queue, wanted))
    return list(view.scalars(asked.order_by(row.place)))


def _conditions(queue: Queue, wanted: Wanted) -> list[Any]:
    row = queue.table.c
    conditions = [row.state == ("done" if wanted.done else "dead")]
    if wanted.ids:
        conditions.append(row[attempts.id_column(queue.table)].in_(wanted.ids))
    if wanted.name:
        conditions.append((row.topic if queue is inbox else row.name) == wanted.name)
    if wanted.reason:
        conditions.append(row.reason.startswith(wanted.reason, autoescape=True))
    if queue is inbox:
        conditions.append(deliveries.c.body != b"")
    return conditions


def _release(
    work: Connection,
    shop: str,
    queue: Queue,
    ids: Sequence[str],
    *,
    wanted: Wanted,
    by: str,
    at: datetime,
) -> int:
    """The rows that are still as ``wanted`` wait again, and remember who let them."""
    row = queue.table.c
    row_id = row[attempts.id_column(queue.table)]
    released = work.execute(
        update(queue.table)
        .where(row.shop == shop, row_id.in_(ids), *_conditions(queue, wanted))
        .values(state="waiting", attempts=0, due_at=at, ended_at=None, reason=None)
        .returning(row.shop, row_id)
    ).all()
    for each in released:
        attempts.note(work, queue, each, outcome="released", reason=by, at=at)
    return len(released)
