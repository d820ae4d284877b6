"""Between rows and what they mean, also those that an older version of Handcart wrote.

That version knows phases only, and of the lines only what was ordered and collected. So a row
whose phase is not the one that its stage and lines add up to was changed by it, and its phase is
believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .lines import PickupLine
from .model import HELD, Change, Pickup
from .states import PHASES, Act, Phase, Stage, State
from .tables import pickups

_STAGES = {
    Phase.REQUESTED: Stage.REQUESTED,
    Phase.READY: Stage.PICKING,
    Phase.COLLECTED: Stage.COLLECTED,
    Phase.CANCELLED: Stage.CANCELLED,
}
_OWN = [
    column.name
    for column in pickups.c
    if column.name in Pickup.__slots__ and column.name != "stage"
]


def pickup(row: Any, lines: tuple[PickupLine, ...]) -> Pickup:
    phase = Phase(row.state)
    read = Pickup(
        **{name: getattr(row, name) for name in _OWN},
        stage=Stage(row.stage) if row.stage else _STAGES[phase],
        lines=lines,
        held=row.work_status in HELD,
    )
    return read if row.stage and read.phase is phase else _believed(read, phase)


def line(row: Any) -> PickupLine:
    return PickupLine(**{name: getattr(row, name) for name in PickupLine.__slots__})


def change(row: Any) -> Change:
    start = row.from_state if row.act else row.start
    return Change(
        version=row.version,
        at=row.at,
        by=row.by,
        act=Act(row.act) if row.act else None,
        start=State(start) if start else None,
        wanted=State(row.to_state if row.act else row.wanted),
        why=row.why,
        location_id=row.location_id,
        units=row.units,
    )


def columns(one: Pickup) -> dict[str, Any]:
    own = {name: getattr(one, name) for name in _OWN}
    return own | {"state": one.phase.value, "stage": one.stage.value}


def of_lines(shop: str, one: Pickup) -> Sequence[dict[str, Any]]:
    return [
        {"shop": shop, "pickup_id": one.pickup_id, "place": place}
        | {name: getattr(each, name) for name in PickupLine.__slots__}
        for place, each in enumerate(one.lines)
    ]


def of_change(one: Change) -> dict[str, Any]:
    return {
        "version": one.version,
        "at": one.at,
        "by": one.by,
        "start": PHASES[one.start].value if one.start else None,
        "wanted": PHASES[one.wanted].value,
        "why": one.why,
        "act": one.act.value if one.act else None,
        "from_state": one.start.value if one.start else None,
        "to_state": one.wanted.value,
        "location_id": one.location_id,
        "units": dict(one.units) if one.units is not None else None,
    }


def _believed(read: Pickup, phase: Phase) -> Pickup:
    """The pickup as the older version left it."""
    there = phase in (Phase.READY, Phase.COLLECTED)
    return replace(
        read,
        stage=_STAGES[phase],
        lines=tuple(
            replace(each, packed=each.quantity if there else 0, missing=0, dropped=0)
            for each in read.lines
        ),
    )
