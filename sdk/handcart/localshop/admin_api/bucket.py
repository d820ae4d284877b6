"""The leaky bucket of one app at one shop: how much it holds depends on the merchant's plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

# Points it holds and points that come back each second (shopify.dev, API limits).
PLANS = {
    "standard": (2000.0, 100.0),
    "advanced": (4000.0, 200.0),
    "plus": (20000.0, 1000.0),
    "enterprise": (40000.0, 2000.0),
}


@dataclass(slots=True)
class Bucket:
    """``level`` points could be spent at ``seen``."""

    seen: datetime
    size: float
    restore: float
    level: float

    @classmethod
    def full(cls, plan: str, *, at: datetime) -> Bucket:
        size, restore = PLANS[plan]
        return cls(at, size, restore, size)

    def spend(self, points: int, *, at: datetime) -> bool:
        """Take ``points`` if they are there; False, and nothing is taken, if they are not."""
        self._restore(at)
        if points > self.level:
            return False
        self.level -= points
        return True

    def give_back(self, points: int) -> None:
        """What a query was charged for before it ran, but did not use."""
        self.level = min(self.size, self.level + points)

    def empty(self, *, at: datetime) -> None:
        self._restore(at)
        self.level = 0.0

    def status(self) -> dict[str, Any]:
        return {
            "maximumAvailable": self.size,
            "currentlyAvailable": int(self.level),
            "restoreRate": self.restore,
        }

    def _restore(self, at: datetime) -> None:
        passed = max(0.0, (at - self.seen).total_seconds())
        self.level = min(self.size, self.level + passed * self.restore)
        self.seen = max(at, self.seen)
