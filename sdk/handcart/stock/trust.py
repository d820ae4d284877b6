"""How far a number on a shelf can be trusted; no I/O.

Records of stock drift: the longer ago somebody counted and the more was sold since, the likelier
a unit is not there; and what was looked for in vain before is likelier to be missing again. So a
location sells the k-th unit only if it is there with the probability that the merchant asks for,
instead of hiding the last three of everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import erf, sqrt

# A record is wrong by a unit once in so many days, and once in so many units sold: two thirds of
# records are right a year after a count, as retailers measure.
DAYS_PER_ERROR = 400.0
UNITS_PER_ERROR = 60.0
# Before anything is known of it, one unit in a hundred is not found.
_MISSED, _LOOKED_FOR = 1.0, 100.0
# As uncertain as after two years, at most; a level that was never counted is taken for that old.
_OLDEST = 730.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a level since it was last counted (``counted_at`` None: never)."""

    counted_at: datetime | None
    sold: int = 0
    missed: int = 0

    def days(self, at: datetime) -> float:
        if self.counted_at is None:
            return _OLDEST
        return min(_OLDEST, max(0.0, (at - self.counted_at).total_seconds() / 86_400))


def found(evidence: Evidence, *, recorded: int, unit: int, at: datetime) -> float:
    """The probability that at least ``unit`` of ``recorded`` units are there."""
    spread = sqrt(evidence.days(at) / DAYS_PER_ERROR + evidence.sold / UNITS_PER_ERROR)
    there = _normal((recorded - unit + 0.5) / spread) if spread else float(unit <= recorded)
    misses = (evidence.missed + _MISSED) / (evidence.sold + evidence.missed + _LOOKED_FOR)
    return there * (1 - misses)


def to_hide(evidence: Evidence, *, recorded: int, asked: float, at: datetime) -> int:
    """How many of ``recorded`` units are not sold, because they are there less surely than that."""
    sure, unsure = 0, max(0, recorded) + 1
    while unsure - sure > 1:
        unit = (sure + unsure) // 2
        if found(evidence, recorded=recorded, unit=unit, at=at) >= asked:
            sure = unit
        else:
            unsure = unit
    return max(0, recorded) - sure


def _normal(z: float) -> float:
    """The normal distribution's share below ``z`` standard deviations."""
    return (1 + erf(z / sqrt(2))) / 2
