"""What can still be promised: available-to-promise, by location and by channel; no I/O.

``ATP(location, channel) = on hand - allocated - holds of others - safety - unavailable``, less what
is kept for other channels; over several locations the sum of what is above zero at each. Nothing
is pooled first and looked for in a store afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CHANNELS = ("online", "pickup", "till")
# What a shopper wants: (inventory item, location) to units.
Demand = Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of one item at one location: ``allocated`` lies there for orders, ``held`` for checkouts of
    others, ``kept`` for other channels; ``unavailable`` is damaged or being looked at.
    """

    on_hand: int
    allocated: int = 0
    held: int = 0
    safety: int = 0
    unavailable: int = 0
    kept: int = 0

    @property
    def to_promise(self) -> int:
        """How many more can be promised; below zero when too many were."""
        taken = self.allocated + self.held + self.safety + self.unavailable + self.kept
        return self.on_hand - taken


def over(places: Iterable[Numbers]) -> int:
    """What can be promised from all of them together: one that is short takes from no other."""
    return sum(max(0, numbers.to_promise) for numbers in places)


def grouped(lines: Iterable[tuple[int, int, int]]) -> Demand:
    """``(item, location, units)`` of any number of lines, added up where they want the same."""
    wanted: Counter[tuple[int, int]] = Counter()
    for item_id, location_id, units in lines:
        wanted[item_id, location_id] += units
    return dict(sorted(wanted.items()))


def lacking(wanted: Demand, known: Mapping[tuple[int, int], Numbers]) -> dict[tuple[int, int], int]:
    """How many units of what are missing where; nothing when all can be had."""
    short = {}
    for key, units in wanted.items():
        there = max(0, known[key].to_promise) if key in known else 0
        if units > there:
            short[key] = units - there
    return short
