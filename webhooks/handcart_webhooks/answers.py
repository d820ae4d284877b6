"""From the thread that keeps deliveries back to the event loop whose requests wait for it.

Waking a loop costs more than answering a request. So whatever is answered before the loop gets
round to it is answered in one go: a group that shared a commit shares a wake-up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

Kept = asyncio.Future[Exception | None]


class Answers:
    """Makes futures of one loop, and lets any thread settle them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._ended: deque[tuple[Kept, Exception | None]] = deque()
        self._woken = False

    def expect(self) -> tuple[Kept, Callable[[Exception | None], None]]:
        """A future, and what settles it, from any thread: with None, or with what went wrong."""
        kept: Kept = self.loop.create_future()

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
