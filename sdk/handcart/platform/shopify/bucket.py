"""The shop's cost bucket, as far as we know it: wait before the platform has to say no."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

_MARGIN = 0.05


class Bucket:
    """Shared by every thread that talks to one shop; times are monotonic seconds.

    It starts unknown and lets everything through; each answer's ``throttleStatus`` teaches it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._available: float | None = None
        self._maximum = 0.0
        self._rate = 0.0
        self._learned_at = 0.0
        self._costs: dict[str, float] = {}

    def reserve(self, document: str, *, now: float) -> float:
        """Take what ``document`` cost last time, and return the seconds until it is covered."""
        with self._lock:
            cost = self._costs.get(document, 0.0)
            if self._available is None or not self._rate:
                return 0.0
            self._available = self._refilled(now) - cost
            self._learned_at = now
            return max(0.0, -self._available / self._rate)

    def learn(self, document: str, cost: Mapping[str, Any], *, now: float) -> None:
        """Believe ``extensions.cost`` of an answer; a part that is missing changes nothing."""
        status = cost.get("throttleStatus") or {}
        with self._lock:
            if _is_number(cost.get("requestedQueryCost")):
                self._costs[document] = float(cost["requestedQueryCost"])
            if all(_is_number(status.get(name)) for name in _STATUS):
                self._maximum = float(status["maximumAvailable"])
                self._available = float(status["currentlyAvailable"])
                self._rate = float(status["restoreRate"])
                self._learned_at = now

    def deficit(self, document: str, *, now: float) -> float:
        """Seconds until the bucket holds what ``document`` costs; 0 when that is not known."""
        with self._lock:
            if self._available is None or not self._rate:
                return 0.0
            missing = self._costs.get(document, 0.0) - self._refilled(now)
            return missing / self._rate + _MARGIN if missing > 0 else 0.0

    def _refilled(self, now: float) -> float:
        available = self._available or 0.0
        return min(self._maximum, available + (now - self._learned_at) * self._rate)


_STATUS = ("maximumAvailable", "currentlyAvailable", "restoreRate")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
