"""The clock was set back: what came while it was ahead is due as soon as it would have been.

A row that was added "tomorrow" would wait until tomorrow, and a lease of a worker that died would
last as long. Nothing is lost by that, but nobody wants to wait a day for a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, or_, select, update

from .attempts import id_column
from .database import Database
from .queue import LEASE, Queue

# Clocks of processes that work together differ by less.
SLACK = timedelta(minutes=1)
# What is to be done at once, or after a pause, is due by then; what is for later has its own date.
_SOON = timedelta(minutes=10)
_BATCH = 200


class Setback:
    """Look at the clock often; ``look`` acts when it was set back since the last time."""

    def __init__(self, db: Database, queues: Sequence[Queue]) -> None:
        self._db = db
        self._queues = queues
        self._last: datetime | None = None

    def look(self, at: datetime) -> int:
        """Return how many rows would have waited for the clock. The first look acts, too."""
        was_set_back = self._last is None or at < self._last - SLACK
        self._last = at
        return sum(self._pull(queue, at) for queue in self._queues) if was_set_back else 0

    def _pull(self, queue: Queue, at: datetime) -> int:
        with self._db.reading() as view:
            found = [row for row in _ahead(view, queue, at) if _is_soon(row)]
        for first in range(0, len(found), _BATCH):
            with self._db.writing() as work:
                for row in found[first : first + _BATCH]:
                    _pull_back(work, queue, row, at)
        return len(found)


def _ahead(view: Connection, queue: Queue, at: datetime) -> Sequence[Any]:
    row = queue.table.c
    added = and_(row.due_at > at + SLACK, row.added_at > at + SLACK)
    leased = row.leased_until > at + LEASE + SLACK
    found = select(row.shop, row[id_column(queue.table)], row.added_at, row.due_at)
    return view.execute(found.where(row.state == "waiting", or_(added, leased))).all()


def _is_soon(row: Any) -> bool:
    return bool(row.due_at - row.added_at <= _SOON)


def _pull_back(work: Connection, queue: Queue, row: Any, at: datetime) -> None:
    """The row waits as long as it was to wait when it was added; nobody holds it."""
    table, name = queue.table, id_column(queue.table)
    ahead = max(row.added_at - at, timedelta(0))
    work.execute(
        update(table)
        .where(
            table.c.shop == row.shop,
            table.c[name] == row._mapping[name],
            table.c.state == "waiting",
        )
        .values(leased_until=None, added_at=row.added_at - ahead, due_at=row.due_at - ahead)
    )
