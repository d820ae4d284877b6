"""Group commit: every delivery in flight shares one durable transaction.

The transaction is a single statement, and whoever hands in a delivery is answered after it. While
one is being written the next group gathers, so the slower the disk, the larger the groups.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from handcart.crash import crash_point
from handcart.delivery import Delivery
from handcart.storage import Database
from handcart.storage.many import AT_ONCE

from .inbox import Row, inbox, row_of

log = logging.getLogger(__name__)

# Called once, when it is durable, on the keeper's thread: with None, or with what went wrong.
Answer = Callable[[Exception | None], Any]
Handed = tuple[Delivery, Answer]


class Keeper(Protocol):
    """What makes deliveries durable; whoever offers one is answered once that has happened."""

    def offer(self, handed: Sequence[Handed]) -> None:
        """Take them; those that could not be kept in time hear of a TimeoutError at once."""
        ...

    def close(self) -> None:
        """Finish what was taken and end; offers are refused from now on."""
        ...


class Committer:
    """Takes deliveries from any thread; at most ``room`` wait at a time."""

    def __init__(self, db: Database, *, room: int = 2000, committed: Callable[[], None]) -> None:
        self._db = db
        self._room = room
        self._committed = committed
        self._known = db.known
        self._waiting: deque[tuple[Row, Answer]] = deque()
        self._bell = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def offer(self, handed: Sequence[Handed]) -> None:
        """Take as many as there is room for; the others hear of a TimeoutError at once.

        Rows are made on the caller's thread: the committer's has the database to wait for, and
        threads that compute by turns lose more time to each other than either has to do.
        """
        rows = [(row_of(delivery, self._known), answer) for delivery, answer in handed]
        with self._bell:
            room = 0 if self._closing else max(0, self._room - len(self._waiting))
            if room:
                self._waiting.extend(rows[:room])
                self._start()
                self._bell.notify()
        for _, answer in rows[room:]:
            answer(TimeoutError())

    def close(self) -> None:
        """Write what waits and end; offers are refused from now on."""
        with self._bell:
            self._closing = True
            self._bell.notify()
        if self._thread:
            self._thread.join()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while group := self._next_group():
            failure = self._write([row for row, _ in group])
            for _, answer in group:
                answer(failure)
            if failure is None:
                self._committed()

    def _next_group(self) -> list[tuple[Row, Answer]]:
        with self._bell:
            self._bell.wait_for(lambda: self._waiting or self._closing)
            size = min(len(self._waiting), AT_ONCE)
            return [self._waiting.popleft() for _ in range(size)]

    def _write(self, group: list[Row]) -> Exception | None:
        try:
            crash_point("grouped")
            inbox.add_at_once(self._db, group)
            crash_point("kept")
        except Exception as error:
            log.exception("a group of %d deliveries could not be kept", len(group))
            return error
        return None
