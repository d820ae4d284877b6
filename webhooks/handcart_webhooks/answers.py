"""From the thread that keeps deliveries back to the event loop whose requests wait for it.

Waking a loop costs more than answering a request. So whatever is answered before the loop gets
round to it is answered in one go: a group that shared a commit shares a wake-up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

Kept = asyncio.Future[Exception | None]
# The platform gives up after five seconds: by then it should have heard that we could not.
PATIENCE = 3.5
_GLANCE = 0.25


class Answers:
    """Makes futures of one loop, and lets any thread settle them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._ended: deque[tuple[Kept, Exception | None]] = deque()
        self._woken = False
        self._expected: deque[tuple[float, Kept]] = deque()
        self._looking = False

    def expect(self) -> tuple[Kept, Callable[[Exception | None], None]]:
        """A future, and what settles it, from any thread: with None, or with what went wrong.

        What nobody has settled in time is settled with TimeoutError.
        """
        kept: Kept = self.loop.create_future()
        self._expected.append((self.loop.time() + PATIENCE, kept))
        if not self._looking:
            self._looking = True
            self.loop.call_later(_GLANCE, self._look)

        def answer(failure: Exception | None) -> None:
            self._ended.append((kept, failure))
            if not self._woken:
                self._woken = True
                self.loop.call_soon_threadsafe(self._settle)

        return kept, answer

    def _settle(self) -> None:
        # Whoever answers from here on wakes the loop again.
        self._woken = False
        while self._ended:
            kept, failure = self._ended.popleft()
            if not kept.done():
                kept.set_result(failure)

    def _look(self) -> None:
        """Wait no longer for what is late; look again while anything is expected."""
        now = self.loop.time()
        while self._expected and (self._expected[0][1].done() or self._expected[0][0] <= now):
            _, kept = self._expected.popleft()
            if not kept.done():
                kept.set_result(TimeoutError())
        self._looking = bool(self._expected)
        if self._looking:
            self.loop.call_later(_GLANCE, self._look)
