"""One at a time: whoever asks the platform for a shop's tokens is alone in doing so.

A lock keeps the threads of this process apart, a lease in the database the processes and
machines. The platform is asked outside any transaction, so a row lock would not do.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from ..errors import PlatformError
from ..storage import Database
from . import store

_POLL = 0.1
_LONGEST_WAIT = 15.0


class Turns:
    """Turns at the token endpoint, one queue for each shop."""

    def __init__(
        self,
        db: Database,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._db = db
        self._clock = clock
        self._sleep = sleep
        self._locks: dict[str, threading.Lock] = {}

    @contextmanager
    def alone(self, shop: str, *, or_give_up: bool = False) -> Iterator[None]:
        """Nobody else asks for this shop's tokens inside the block, in any process.

        Waits for whoever does, or raises PlatformError at once when asked to give up. Whoever had
        to wait looks again before asking: what was wanted may be there by now.
        """
        lock = self._locks.setdefault(shop, threading.Lock())
        if not lock.acquire(timeout=0 if or_give_up else _LONGEST_WAIT):
            raise _busy(shop)
        try:
            with self._lease(shop, tries=1 if or_give_up else int(_LONGEST_WAIT / _POLL)):
                yield
        finally:
            lock.release()

    @contextmanager
    def _lease(self, shop: str, *, tries: int) -> Iterator[None]:
        holder = uuid.uuid4().hex
        while not self._take(shop, holder):
            if (tries := tries - 1) <= 0:
                raise _busy(shop)
            self._sleep(_POLL)
        try:
            yield
        finally:
            with self._db.writing() as work:
                store.drop_lease(work, shop, holder=holder)

    def _take(self, shop: str, holder: str) -> bool:
        with self._db.writing() as work:
            return store.take_lease(work, shop, holder=holder, at=self._clock())


def _busy(shop: str) -> PlatformError:
    return PlatformError("tokens_busy", f"somebody else is renewing the tokens of {shop}")
