"""The leaky bucket of one app at one shop: 2000 points, 100 come back each second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

SIZE = 2000.0
RESTORE = 100.0


@dataclass(slots=True)
class Bucket:
    """``level`` points could be spent at ``seen``."""

    seen: datetime
    level: float = SIZE

    def spend(self, points: int, *, at: datetime) -> bool:
        """Take ``points`` if they are there; False, and nothing is taken, if they are not."""
        self._restore(at)
        if points > self.level:
            return False
        self.level -= points
        return True

    def give_back(self, points: int) -> None:
        """What a query was charged for before it ran, but did not use."""
        self.level = min(SIZE, self.level + points)

    def empty(self, *, at: datetime) -> None:
        self._restore(at)
        self.level = 0.0

    def status(self) -> dict[str, Any]:
        return {
            "maximumAvailable": SIZE,
            "currentlyAvailable": int(self.level),
            "restoreRate": RESTORE,
        }

    def _restore(self, at: datetime) -> None:
        passed = max(0.0, (at - self.seen).total_seconds())
        self.level = min(SIZE, self.level + passed * RESTORE)
        self.seen = max(at, self.seen)
