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
        self._stopping = False
        self._posts = [_Post(step) for step in steps]
        self._threads = [
            threading.Thread(target=self._run, args=(post,), name=f"handcart-{n}", daemon=True)
            for n, post in enumerate(post for post in self._posts for _ in range(threads))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wake(self, step: Step | None = None) -> None:
        """Something was added: whoever rests at that step, or at any, looks again now."""
        for post in self._posts:
            if step is None or post.step == step:
                post.ring()

    def stop(self, *, timeout: float = 10) -> None:
        """Finish the rows in hand and end; a row that takes longer runs again after its lease.

        Waits ``timeout`` seconds in all.
        """
        self._stopping = True
        self.wake()
        ends_at = time.monotonic() + timeout
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, ends_at - time.monotonic()))

    def _run(self, post: _Post) -> None:
        while not self._stopping:
            seen = post.rung
            if self._step(post.step) == 0:
                post.wait(seen, self._rest)
            else:
                self._wake_others(post)

    def _wake_others(self, post: _Post) -> None:
        """What one step did may be work for the next; its own threads look again anyway."""
        for other in self._posts:
            if other is not post:
                other.ring()

    def _step(self, step: Step) -> int:
        try:
            return step()
        except Exception:
            # The database may be locked or gone for a while; the rows wait, so the crew does too.
            log.exception("a step failed; trying again after a rest")
            return 0


class _Post:
    """One step, and the bell by which those who rest at it are called."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.rung = 0
        self._bell = threading.Condition()

    def ring(self) -> None:
        with self._bell:
            self.rung += 1
            self._bell.notify_all()

    def wait(self, seen: int, rest: float) -> None:
        """Return when it was rung since it had been rung ``seen`` times, or after a rest."""
        with self._bell:
            self._bell.wait_for(lambda: self.rung != seen, rest)
