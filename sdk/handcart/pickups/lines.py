"""The lines of a pickup, counted in units: they are the truth, everything else is derived.

Of every line: ``collected <= packed`` and ``packed + missing + dropped <= quantity``, none below 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from ..errors import BadInput, RuleBroken
from ..platform.port import FulfillmentLine

Amounts = Mapping[int, int]
Lines = tuple["PickupLine", ...]


@dataclass(frozen=True, slots=True)
class PickupLine:
    """Of ``quantity`` units that were ordered, ``packed`` were put aside for the shopper, who took
    ``collected`` of them; ``missing`` were looked for and not found; ``dropped`` nobody owes any
    more: refunded, sent another way, or cancelled. ``min_age``: of whom it may be handed to.
    """

    line_id: int
    variant_id: int | None
    title: str
    sku: str
    quantity: int
    collected: int = 0
    packed: int = 0
    missing: int = 0
    dropped: int = 0
    min_age: int = 0

    @property
    def asked(self) -> int:
        """What the shopper is to have in the end."""
        return self.quantity - self.dropped

    @property
    def to_pack(self) -> int:
        """What still has to be put aside, found so far or not."""
        return self.asked - self.packed

    @property
    def findable(self) -> int:
        """What may still turn out to be missing."""
        return self.asked - self.collected - self.missing

    @property
    def waiting(self) -> int:
        """What lies at the counter."""
        return self.packed - self.collected


def asked_for(line: FulfillmentLine) -> PickupLine:
    """The line of a pickup of which nothing was done yet."""
    known = line.line_id, line.variant_id, line.title, line.sku, line.quantity
    return PickupLine(*known, min_age=line.min_age)


def amounts(lines: Iterable[PickupLine], count: Callable[[PickupLine], int]) -> dict[int, int]:
    """Line id to ``count(line)``, where that is anything."""
    return {line.line_id: count(line) for line in lines if count(line) > 0}


def checked(lines: Lines, wanted: Amounts, count: Callable[[PickupLine], int]) -> Amounts:
    """``wanted`` if each line has at least that many by ``count``; else an error with its code."""
    known = {line.line_id: line for line in lines}
    if set(wanted) - set(known):
        raise BadInput("line_unknown", "the pickup has no such line")
    if any(units < 1 for units in wanted.values()):
        raise BadInput("units_malformed", "units are counted from 1")
    if not wanted:
        raise RuleBroken("units_none", "there is nothing of that kind left")
    if any(units > count(known[line_id]) for line_id, units in wanted.items()):
        raise RuleBroken("units_too_many", "there are not that many left")
    return wanted


def packed(lines: Lines, wanted: Amounts) -> Lines:
    """``wanted`` lies at the counter now; what had been missing was found after all."""
    return tuple(_pack(line, wanted.get(line.line_id, 0)) for line in lines)


def missed(lines: Lines, wanted: Amounts) -> Lines:
    """``wanted`` is not to be found; what lay at the counter already is taken last."""
    return tuple(_miss(line, wanted.get(line.line_id, 0)) for line in lines)


def left_behind(lines: Lines) -> Lines:
    """What is not packed is owed no more here: it goes on in a pickup of its own."""
    return tuple(replace(line, dropped=line.dropped + line.to_pack, missing=0) for line in lines)


def rejoined(lines: Lines, units: Amounts) -> Lines:
    """``units`` that were to go on in a pickup of their own are owed here after all."""
    return tuple(
        replace(line, dropped=max(0, line.dropped - units.get(line.line_id, 0))) for line in lines
    )


def awaited(lines: Lines) -> Lines:
    """What was missing is still owed, and looked for again."""
    return tuple(replace(line, missing=0) for line in lines)


def come(lines: Lines, units: Amounts) -> Lines:
    """``units`` of what was missing are there now, to be put aside."""
    return tuple(
        replace(line, missing=line.missing - min(line.missing, units.get(line.line_id, 0)))
        for line in lines
    )


def dropped_missing(lines: Lines) -> Lines:
    """What was missing is owed no more."""
    return tuple(replace(line, missing=0, dropped=line.dropped + line.missing) for line in lines)


def dropped_all(lines: Lines) -> Lines:
    """Nothing but what was collected is owed any more."""
    return tuple(
        replace(line, packed=line.collected, missing=0, dropped=line.quantity - line.collected)
        for line in lines
    )


def handed_over(lines: Lines, wanted: Amounts) -> Lines:
    return tuple(
        replace(line, collected=line.collected + wanted.get(line.line_id, 0)) for line in lines
    )


def all_collected(lines: Lines) -> Lines:
    """Everything that is owed was handed over, by us or elsewhere."""
    return tuple(
        replace(line, packed=line.asked, collected=line.asked, missing=0) for line in lines
    )


def back_on_the_shelf(lines: Lines) -> Lines:
    """What was put aside and not collected is to be put aside anew."""
    return tuple(replace(line, packed=line.collected, missing=0) for line in lines)


def corrected(lines: Lines, told: Iterable[FulfillmentLine]) -> Lines:
    """The lines as the platform has them now: taken back, added, or handed over elsewhere.

    What we dropped ourselves stays dropped, also while the platform does not know of it yet.
    """
    now = {line.line_id: line for line in told}
    known = {line.line_id for line in lines}
    added = tuple(
        asked_for(line) for line in now.values() if line.line_id not in known and line.quantity
    )
    return tuple(_follow(line, now.get(line.line_id)) for line in lines) + added


def _pack(line: PickupLine, units: int) -> PickupLine:
    packed = line.packed + units
    return replace(line, packed=packed, missing=min(line.missing, line.asked - packed))


def _miss(line: PickupLine, units: int) -> PickupLine:
    missing = line.missing + units
    return replace(line, missing=missing, packed=min(line.packed, line.asked - missing))


def _follow(line: PickupLine, told: FulfillmentLine | None) -> PickupLine:
    total = told.total if told else 0
    if total is None:
        return line
    collected = max(line.collected, total - (told.quantity if told else 0))
    quantity = max(line.quantity, total)
    asked = max(collected, min(quantity - line.dropped, total))
    packed = min(max(line.packed, collected), asked)
    return replace(
        line,
        quantity=quantity,
        dropped=quantity - asked,
        packed=packed,
        missing=min(line.missing, asked - packed),
        collected=collected,
    )
