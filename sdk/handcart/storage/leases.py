"""The rows that this process has in hand, whose leases are renewed while it lives.

A lease is short, so that the rows of a worker that died are soon taken over. Work may take longer
than a lease; then ``renew``, called in time from a thread of its own, makes it last. Rows that
were claimed together take turns. While one of them is slow, those behind it are given back, so
that others go on with them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .database import Database
from .queue import LEASE, Queue

# How often ``renew`` should be called: a beat may be late by two thirds of a lease.
BEAT = LEASE.total_seconds() / 3
# A handler that hangs is not waited for for ever: its row goes to another worker.
LONGEST_HOLD = 300.0


@dataclass(slots=True)
class _Batch:
    """Rows that one thread claimed together; ``began`` is when the turn of those present did."""

    began: float
    present: Sequence[Any] = ()


class Leases:
    """Any thread may hold rows and any may renew; ``now`` counts seconds."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._held: dict[int, tuple[Queue, Any, _Batch]] = {}

    @contextmanager
    def hold(self, queue: Queue, rows: Sequence[Any]) -> Iterator[None]:
        """It is the turn of all of the rows at once, and they are held meanwhile."""
        with self._holding(queue, rows) as batch:
            batch.present = rows
            yield

    def each(self, queue: Queue, rows: Sequence[Any]) -> Generator[Any, None, None]:
        """Each row in turn that is still held; none is when the loop is left."""
        with self._holding(queue, rows) as batch:
            for row in rows:
                if self._begin(batch, row):
                    yield row
                    self._drop([row])

    @contextmanager
    def _holding(self, queue: Queue, rows: Sequence[Any]) -> Iterator[_Batch]:
        batch = _Batch(self._now())
        with self._lock:
            self._held.update({id(row): (queue, row, batch) for row in rows})
        try:
            yield batch
        finally:
            self._drop(rows)

    def renew(self, db: Database, *, at: datetime) -> int:
        """Make the leases last from ``at`` on; return how many rows are still ours."""
        for queue, rows in self._let_go().items():
            with db.writing() as work:
                queue.give_back(work, rows)
        renewed = 0
        for queue, rows in self._still_held().items():
            with db.writing() as work:
                renewed += queue.renew(work, rows, at=at)
        return renewed

    def _begin(self, batch: _Batch, row: Any) -> bool:
        """It is the row's turn, unless it was given back meanwhile."""
        with self._lock:
            batch.began, batch.present = self._now(), (row,)
            return id(row) in self._held

    def _let_go(self) -> dict[Queue, list[Any]]:
        """The rows behind one that takes longer than a beat are ours no more: nobody begins them.

        This comes before others may claim them.
        """
        before = self._now() - BEAT
        found: dict[Queue, list[Any]] = {}
        with self._lock:
            for queue, row, batch in list(self._held.values()):
                if batch.began < before and not any(row is one for one in batch.present):
                    del self._held[id(row)]
                    found.setdefault(queue, []).append(row)
        return found

    def _still_held(self) -> dict[Queue, list[Any]]:
        since = self._now() - LONGEST_HOLD
        found: dict[Queue, list[Any]] = {}
        with self._lock:
            for queue, row, batch in self._held.values():
                if batch.began > since:
                    found.setdefault(queue, []).append(row)
        return found

    def _drop(self, rows: Sequence[Any]) -> None:
        with self._lock:
            for row in rows:
                self._held.pop(id(row), None)
