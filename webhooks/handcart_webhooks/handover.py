"""Between an event loop and the thread that keeps deliveries, in both directions by the group.

Two threads that take turns lose more time to each other than either needs, and waking a loop
costs more than answering a request. So what is read in one turn of the loop is handed over at its
end, or when it is enough to begin with, and what is answered before the loop gets round to it is
answered in one go: a group that shared a commit shares a wake-up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from handcart.delivery import Delivery

from .committer import Answer, Handed
from .door import PATIENCE, Door

_GLANCE = 0.25
# So many are worth a commit of their own while the loop reads on.
_ENOUGH = 6


class Handover:
    """Of one loop: its methods are called there."""

    def __init__(self, loop: asyncio.AbstractEventLoop, door: Door) -> None:
        self.loop = loop
        self._door = door
        self._read: list[Handed] = []
        self._ended: deque[tuple[_Expected, Exception | None]] = deque()
        self._woken = False
        self._expected: deque[_Expected] = deque()
        self._looking = False

    def keep(self, delivery: Delivery, done: Callable[[Exception | None], object]) -> None:
        """Have the delivery kept; ``done`` hears once, on the loop, how that ended.

        With None when it is durable, with what went wrong, or with TimeoutError when it has not
        been kept in time.
        """
        self._read.append((delivery, self._expect(done)))
        if len(self._read) == 1:
            self.loop.call_soon(self._hand_over)
        elif len(self._read) == _ENOUGH:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._read:
            read, self._read = self._read, []
            self._door.keep(read)

    def _expect(self, done: Callable[[Exception | None], object]) -> Answer:
        expected = _Expected(done, self.loop.time() + PATIENCE)
        self._expected.append(expected)
        if not self._looking:
            self._looking = True
            self.loop.call_later(_GLANCE, self._look)

        def answer(failure: Exception | None) -> None:
            self._ended.append((expected, failure))
            if not self._woken:
                self._woken = True
                self.loop.call_soon_threadsafe(self._settle)

        return answer

    def _settle(self) -> None:
        # Whoever answers from here on wakes the loop again.
        self._woken = False
        try:
            while self._ended:
                expected, failure = self._ended.popleft()
                expected.end(failure)
        finally:
            # One that cannot be answered keeps no other from its answer.
            if self._ended:
                self.loop.call_soon(self._settle)

    def _look(self) -> None:
        """Wait no longer for what is late; look again while anything is expected."""
        now = self.loop.time()
        while self._expected and (self._expected[0].done is None or self._expected[0].due <= now):
            self._expected.popleft().end(TimeoutError())
        self._looking = bool(self._expected)
        if self._looking:
            self.loop.call_later(_GLANCE, self._look)


class _Expected:
    """``done`` is None once it has been called: nothing is held on to for its sake."""

    __slots__ = ("done", "due")

    def __init__(self, done: Callable[[Exception | None], object], due: float) -> None:
        self.done: Callable[[Exception | None], object] | None = done
        self.due = due

    def end(self, failure: Exception | None) -> None:
        done, self.done = self.done, None
        if done:
            done(failure)
