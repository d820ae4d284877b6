"""A shop whose platform does not answer is left alone for a while, so that others are served.

After some calls that failed one after the other the shop's calls pause, for longer each time. When
a pause is over one call is let through to see; while it is under way the others still wait. Calls
that wait are put off and lose none of their attempts.

What is counted is kept in memory: each process finds out for itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from .errors import PlatformError, UserErrors

FAILURES = 3
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=10)
# Longer than the client tries by itself: for so long one call is alone to see.
_PROBE = timedelta(seconds=60)


class PutOff(Exception):
    """The call was not made; it may be at ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"paused until {until:%H:%M:%S}")
        self.until = until


@dataclass(slots=True)
class _Trouble:
    """How many calls failed in a row, and until when the others wait."""

    failures: int = 0
    until: datetime | None = None


class Breaker:
    """One for all shops of a process; any thread may call."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._troubles: dict[str, _Trouble] = {}

    @contextmanager
    def guarding(self, shop: str) -> Iterator[None]:
        """Make one call of the shop inside; raises PutOff instead while the shop's calls pause.

        A call that the platform refuses for reasons of business was answered.
        """
        self._ask(shop)
        try:
            yield
        except UserErrors:
            self._answered(shop)
            raise
        except PlatformError:
            self._failed(shop)
            raise
        self._answered(shop)

    def _ask(self, shop: str) -> None:
        at = self._clock()
        with self._lock:
            trouble = self._troubles.get(shop)
            if trouble is None or trouble.until is None:
                return
            if trouble.until > at:
                raise PutOff(trouble.until)
            trouble.until = at + _PROBE

    def _answered(self, shop: str) -> None:
        with self._lock:
            self._troubles.pop(shop, None)

    def _failed(self, shop: str) -> None:
        with self._lock:
            trouble = self._troubles.setdefault(shop, _Trouble())
            trouble.failures += 1
            more = trouble.failures - FAILURES
            if more >= 0:
                pause = min(FIRST_PAUSE * 2 ** min(more, 10), LONGEST_PAUSE)
                trouble.until = self._clock() + pause
