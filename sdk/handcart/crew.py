"""Threads that step through what waits, rest when nothing does, and stop when told to."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

# A step does what it can right now and returns how many rows it handled.
Step = Callable[[], int]


class Crew:
    """Runs every step on its own threads between ``start()`` and ``stop()``."""

    def __init__(self, steps: Sequence[Step], *, threads: int = 1, rest: float = 0.5) -> None:
        self._rest = rest
        self._bell = threading.Condition()
        self._rung = 0
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._run, args=(step,), name=f"handcart-{n}", daemon=True)
            for n, step in enumerate(step for step in steps for _ in range(threads))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Something was added: whoever rests looks again now."""
        with self._bell:
            self._rung += 1
            self._bell.notify_all()

    def stop(self, *, timeout: float = 10) -> None:
        """Finish the rows in hand and end; a row that takes longer runs again after its lease.

        Waits ``timeout`` seconds in all.
        """
        with self._bell:
            self._stopping = True
            self._bell.notify_all()
        ends_at = time.monotonic() + timeout
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, ends_at - time.monotonic()))

    def _run(self, step: Step) -> None:
        seen = 0
        while not self._stopping:
            with self._bell:
                seen = self._rung
            if self._step(step) == 0:
                self._wait(seen)
            else:
                self.wake()

    def _step(self, step: Step) -> int:
        try:
            return step()
        except Exception:
            # The database may be locked or gone for a while; the rows wait, so the crew does too.
            log.exception("a step failed; trying again after a rest")
            return 0

    def _wait(self, seen: int) -> None:
        with self._bell:
            self._bell.wait_for(lambda: self._stopping or self._rung != seen, self._rest)
