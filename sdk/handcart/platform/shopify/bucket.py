"""The shop's cost bucket, as far as we know it. Pure arithmetic; times are seconds of any clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Bucket:
    """It starts unknown; each answer's ``throttleStatus`` teaches it."""

    def __init__(self) -> None:
        self.known = False
        self._available = 0.0
        self._maximum = 0.0
        self._rate = 0.0
        self._seen_at = 0.0

    def take(self, cost: float, *, now: float) -> None:
        """``cost`` points are promised to a call that is about to be sent."""
        if self.known:
            self._available = self._refilled(now) - self._payable(cost)
            self._seen_at = now

    def seconds_until(self, cost: float, *, now: float) -> float:
        """How long until it holds ``cost``; 0 when it does, and while nothing is known."""
        if not self.known:
            return 0.0
        missing = self._payable(cost) - self._refilled(now)
        return missing / self._rate + _MARGIN if missing > 0 else 0.0

    def learn(self, status: Mapping[str, Any], *, promised: float, now: float) -> None:
        """Believe an answer's ``throttleStatus``; one that lacks a part changes nothing.

        ``promised`` is what calls still under way may take of it: whether the platform had
        counted them already cannot be told, so it is taken off.
        """
        if not all(_is_number(status.get(name)) for name in _STATUS):
            return
        if not status["restoreRate"] > 0:
            return
        self.known = True
        self._maximum = float(status["maximumAvailable"])
        self._rate = float(status["restoreRate"])
        self._available = float(status["currentlyAvailable"]) - promised
        self._seen_at = now

    def empty(self, *, now: float) -> None:
        """The platform said no: there is nothing in it now, whatever we thought."""
        if self.known:
            self._available = min(0.0, self._refilled(now))
            self._seen_at = now

    def _payable(self, cost: float) -> float:
        """A call dearer than the whole bucket waits until it is full, not for ever."""
        return min(cost, self._maximum)

    def _refilled(self, now: float) -> float:
        passed = max(0.0, now - self._seen_at)
        return min(self._maximum, self._available + passed * self._rate)


# Clocks tick in steps, and asking a moment too early is answered with a no.
_MARGIN = 0.005
_STATUS = ("maximumAvailable", "currentlyAvailable", "restoreRate")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
