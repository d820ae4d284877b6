"""The local shop's clock: it follows the wall clock at a distance, or stands still for tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def wall() -> datetime:
    return datetime.now(UTC)


class Clock:
    """``now()`` is aware UTC; ``advance(seconds)`` moves it forward, never back."""

    def __init__(self, follow: Callable[[], datetime] = wall) -> None:
        self._follow = follow
        self._ahead = timedelta(0)

    @classmethod
    def starting(cls, at: datetime) -> Clock:
        """A clock that shows ``at`` now and runs on from there at the pace of the wall clock."""
        behind = at - wall()
        return cls(lambda: wall() + behind)

    @classmethod
    def stopped(cls, at: datetime) -> Clock:
        """A clock that shows ``at`` until somebody advances it."""
        return cls(lambda: at)

    def now(self) -> datetime:
        return self._follow() + self._ahead

    def advance(self, seconds: float) -> datetime:
        """Move forward and return the new time; a negative number is a ValueError."""
        if seconds < 0:
            raise ValueError("the local shop's clock only moves forward")
        self._ahead += timedelta(seconds=seconds)
        return self.now()
