"""Threads that call one shop pass one at a time, when the bucket holds what their call costs.

So the platform hardly ever has to say no. Whoever came first goes first, dear or cheap, so that
nobody starves. While nothing is known of the bucket a single call goes ahead to find out. What
each call really took is given back when its answer comes, and the next goes at once.

Other processes drink from the same bucket and are not seen until an answer tells; then the
platform does say THROTTLED, and the call waits its turn again (``admin.py``).
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ...errors import Throttled
from .bucket import Bucket

# Shorter than a clock's tick would be no wait at all.
_SHORTEST = 0.001

Wait = Callable[[threading.Condition, float], object]


class Turnstile:
    """One for each shop. ``now`` is a clock in seconds; ``wait`` lets go of the condition."""

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.monotonic,
        wait: Wait = threading.Condition.wait,
    ) -> None:
        self._now = now
        self._wait = wait
        self._bucket = Bucket()
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._waiting: list[int] = []
        self._promised: dict[int, float] = {}
        self._closed_until = 0.0

    def number(self) -> int:
        """A place in the queue, kept when a call has to come again."""
        return next(self._numbers)

    def enter(self, number: int, *, cost: float, patience: float) -> None:
        """Return when the call may be sent; ``leave`` has to follow, whatever comes of it.

        Raises Throttled when its turn does not come within ``patience`` seconds.
        """
        with self._changed:
            heapq.heappush(self._waiting, number)
            try:
                self._wait_for_turn(number, cost, until=self._now() + patience)
                self._bucket.take(cost, now=self._now())
                self._promised[number] = cost
            finally:
                self._waiting.remove(number)
                heapq.heapify(self._waiting)
                self._changed.notify_all()

    def leave(self, number: int, status: Mapping[str, Any], *, refused: bool = False) -> None:
        """The call is over; ``status`` is the ``throttleStatus`` of its answer, if one came.

        ``refused``: the platform said that the bucket is empty.
        """
        with self._changed:
            self._promised.pop(number, None)
            promised = sum(self._promised.values())
            self._bucket.learn(status, promised=promised, now=self._now())
            if refused:
                self._bucket.empty(now=self._now())
            self._changed.notify_all()

    def close(self, seconds: float) -> None:
        """Nobody passes for so long: the platform asked everybody to wait."""
        with self._changed:
            self._closed_until = max(self._closed_until, self._now() + seconds)

    def _wait_for_turn(self, number: int, cost: float, *, until: float) -> None:
        while (pause := self._pause(number, cost)) != 0:
            left = until - self._now()
            if left <= 0 or (pause is not None and pause > left):
                raise Throttled(pause or 1.0)
            self._wait(self._changed, left if pause is None else max(pause, _SHORTEST))

    def _pause(self, number: int, cost: float) -> float | None:
        """Seconds until this call may go, as far as is known; None: when others have gone."""
        if self._waiting[0] != number:
            return None
        if self._closed_until > self._now():
            return self._closed_until - self._now()
        if not self._bucket.known:
            return None if self._promised else 0.0
        return self._bucket.seconds_until(cost, now=self._now())
