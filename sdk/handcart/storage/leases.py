"""The rows that this process has in hand, whose leases are renewed while it lives.

A lease is short, so that the rows of a worker that died are soon taken over. Work may take longer
than a lease; then ``renew``, called in time from a thread of its own, makes it last.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from .database import Database
from .queue import LEASE, Queue

# How often ``renew`` should be called: a beat may be late by two thirds of a lease.
BEAT = LEASE.total_seconds() / 3
# A handler that hangs is not waited for for ever: its row goes to another worker.
LONGEST_HOLD = 300.0


class Leases:
    """Any thread may hold rows and any may renew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[int, tuple[Queue, Any, float]] = {}

    def each(self, queue: Queue, rows: Sequence[Any]) -> Iterator[Any]:
        """Each row in turn; all of them are held until their turn is over, or the loop is left."""
        now = time.monotonic()
        with self._lock:
            self._held.update({id(row): (queue, row, now) for row in rows})
        try:
            for row in rows:
                yield row
                self._drop([row])
        finally:
            self._drop(rows)

    def renew(self, db: Database, *, at: datetime) -> int:
        """Make the leases last from ``at`` on; return how many rows are still ours."""
        since = time.monotonic() - LONGEST_HOLD
        with self._lock:
            held = [(queue, row) for queue, row, began in self._held.values() if began > since]
        renewed = 0
        for queue in {queue for queue, _ in held}:
            with db.writing() as work:
                mine = [row for whose, row in held if whose is queue]
                renewed += queue.renew(work, mine, at=at)
        return renewed

    def _drop(self, rows: Sequence[Any]) -> None:
        with self._lock:
            for row in rows:
                self._held.pop(id(row), None)
