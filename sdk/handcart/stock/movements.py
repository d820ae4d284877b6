"""Every change of a level is a movement of one kind; movements add up to the level; no I/O.

A kind says which numbers it may move, and which way. What is on hand is changed by goods that
come, go, or are counted again, and by nothing else: an order only sets aside what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    OPENING = "opening"  # what was there when we came
    ORDERED = "ordered"  # promised to an order: set aside
    RELEASED = "released"  # promised no more
    HANDED_OUT = "handed_out"  # what was set aside left the store
    SOLD = "sold"  # left over the till
    RETURNED = "returned"  # brought back and put on the shelf
    COUNTED = "counted"  # staff counted
    CORRECTED = "corrected"  # staff knew better
    UNDONE = "undone"  # a count or correction was taken back
    REFUSED = "refused"  # the platform would not have it
    SENT = "sent"  # left for another location
    RECEIVED = "received"  # came from another location
    TOLD = "told"  # the platform said so; or, the other way round, somebody else explains it
    SETTLED = "settled"  # nobody knows why, and somebody has seen it
    CLOSED = "closed"  # the location keeps this item no more


# What each kind does to what is available and to what is set aside: up, down, none, or either.
_UP, _DOWN, _NONE, _ANY = (0, 1), (-1, 0), (0, 0), (-1, 1)
MOVES: Mapping[Kind, tuple[tuple[int, int], tuple[int, int]]] = {
    Kind.OPENING: (_ANY, _ANY),
    Kind.ORDERED: (_DOWN, _UP),
    Kind.RELEASED: (_UP, _DOWN),
    Kind.HANDED_OUT: (_NONE, _DOWN),
    Kind.SOLD: (_DOWN, _NONE),
    Kind.RETURNED: (_UP, _NONE),
    Kind.COUNTED: (_ANY, _NONE),
    Kind.CORRECTED: (_ANY, _NONE),
    Kind.UNDONE: (_ANY, _NONE),
    Kind.REFUSED: (_ANY, _NONE),
    Kind.SENT: (_DOWN, _NONE),
    Kind.RECEIVED: (_UP, _NONE),
    Kind.TOLD: (_ANY, _ANY),
    Kind.SETTLED: (_ANY, _NONE),
    Kind.CLOSED: (_ANY, _ANY),
}
# The goods do not move, they are promised or released.
_STAY = (Kind.ORDERED, Kind.RELEASED)
# Units that left the shelf because somebody bought them.
BOUGHT = (Kind.ORDERED, Kind.SOLD)


@dataclass(frozen=True, slots=True)
class Move:
    """One movement that is to be written down; ``happened_at`` is its own time, else now."""

    kind: Kind
    available: int = 0
    set_aside: int = 0
    by: str = "platform"
    why: str = ""
    note: str = ""
    reference: str = ""
    happened_at: datetime | None = None

    def __post_init__(self) -> None:
        """A movement that its kind does not make is a programming error: ValueError."""
        bounds = MOVES[self.kind]
        for units, (least, most) in zip((self.available, self.set_aside), bounds, strict=True):
            if not least <= _sign(units) <= most:
                raise ValueError(f"{self.kind} does not move {units:+}")
        if self.kind in _STAY and self.available + self.set_aside:
            raise ValueError(f"{self.kind} leaves what is on hand as it is")

    @property
    def on_hand(self) -> int:
        return self.available + self.set_aside


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement as it was written down: the ``number``-th of its level, never changed since."""

    number: int
    kind: Kind
    available: int
    set_aside: int
    happened_at: datetime
    at: datetime
    by: str
    why: str
    note: str
    reference: str


def explained(move: Move) -> tuple[Move, ...]:
    """``move`` and its counterpart: the level stays what the platform says, and now says why.

    The platform tells of each change by itself, sooner or later; whichever comes first, both
    together are one change.
    """
    if not move.available:
        return (move,)
    told = Move(Kind.TOLD, -move.available, why=move.kind.value, reference=move.reference)
    return (move, told)


def _sign(units: int) -> int:
    return (units > 0) - (units < 0)
