"""Staff know better: a count, a correction, and taking either back.

The level changes at once and the platform is told by the outbox. What staff counted is compared
with what was there by our books when they looked, so that what is sold while they count is not
counted away.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ..errors import BadInput, NotFound, RuleBroken
from ..storage import add_task
from . import ledger
from .echoes import REFUSED, WAITING
from .model import Level
from .movements import Kind, Move
from .tables import stock_writes

# Why staff change a number, and what the platform calls that.
REASONS: Mapping[str, str] = {
    "damaged": "damaged",
    "lost": "shrinkage",
    "found": "correction",
    "delivered": "received",
    "returned": "restock",
    "mistake": "correction",
    "other": "other",
}
COUNTED, MOVED_OUT, MOVED_IN = "counted", "moved_out", "moved_in"
PLATFORM_REASONS: Mapping[str, str] = {
    **REASONS,
    COUNTED: "cycle_count_available",
    MOVED_OUT: "movement_created",
    MOVED_IN: "movement_received",
}
WRITE = "write_stock"
_MOST = 1_000_000
_NOTE = 200


@dataclass(frozen=True, slots=True)
class Write:
    """A change of ours on its way to the platform: ``waiting``, ``heard`` (its number has come
    back), ``done`` or ``refused``. ``expected``: what the platform is thought to have before.
    """

    write_id: str
    inventory_item_id: int
    location_id: int
    kind: Kind
    delta: int
    why: str
    note: str
    by: str
    added_at: datetime
    state: str
    attempt: int
    expected: int | None
    undoes: str | None
    undone_by: str | None

    @property
    def can_be_undone(self) -> bool:
        undoable = (Kind.COUNTED, Kind.CORRECTED)
        return self.kind in undoable and self.state != REFUSED and self.undone_by is None


def count(
    work: Connection,
    shop: str,
    *,
    item_id: int,
    location_id: int,
    counted: int,
    seen: int,
    by: str,
    at: datetime,
    note: str = "",
) -> Level:
    """``counted`` units lay there, orders' goods among them, when the ``seen``-th movement was the
    last one known; raises NotFound and BadInput.
    """
    level = _level(work, shop, item_id, location_id)
    if not 0 <= counted <= _MOST:
        raise BadInput("units_malformed", f"a count is between 0 and {_MOST}")
    if not 0 <= seen <= level.moves:
        raise BadInput("count_malformed", "a count names the last movement that was seen")
    then = level.on_hand - ledger.on_hand_since(work, shop, level, number=seen)
    delta = counted - then
    fresh = replace(level, counted_at=at, sold_since=0, missed_since=0)
    move = Move(Kind.COUNTED, delta, by=by, why=COUNTED, note=_short(note))
    return change(work, shop, fresh, move, at=at)


def correct(
    work: Connection,
    shop: str,
    *,
    item_id: int,
    location_id: int,
    delta: int,
    reason: str,
    by: str,
    at: datetime,
    note: str = "",
) -> Level:
    """``delta`` units more, or fewer, can be sold there; raises NotFound and BadInput."""
    if reason not in REASONS:
        raise BadInput("reason_unknown", "this is no reason to correct stock")
    if not 0 < abs(delta) <= _MOST:
        raise BadInput("units_malformed", "a correction is by so many units, up or down")
    level = _level(work, shop, item_id, location_id)
    move = Move(Kind.CORRECTED, delta, by=by, why=reason, note=_short(note))
    return change(work, shop, level, move, at=at)


def undo(work: Connection, shop: str, write_id: str, *, by: str, at: datetime) -> Level:
    """The count or correction is taken back, once; raises NotFound and RuleBroken."""
    kept = write(work, shop, write_id)
    if kept is None:
        raise NotFound("correction_unknown", "there is no such count or correction")
    level = _level(work, shop, kept.inventory_item_id, kept.location_id)
    # Read again, now that nobody else changes this level.
    kept = write(work, shop, write_id) or kept
    if not kept.can_be_undone:
        raise RuleBroken("undone_already", "this was taken back before")
    move = Move(Kind.UNDONE, -kept.delta, by=by, why=kept.why, reference=write_id)
    return change(work, shop, level, move, at=at, undoes=write_id)


def change(
    work: Connection,
    shop: str,
    level: Level,
    move: Move,
    *,
    at: datetime,
    undoes: str | None = None,
) -> Level:
    """The level after our own ``move``, of which the platform will be told.

    A change of nothing is still written down by its level: it was counted.
    """
    if not move.available:
        return ledger.post(work, shop, level, [], at=at)
    write_id = uuid.uuid4().hex
    named = replace(move, reference=move.reference or write_id)
    pending = replace(level, pending=level.pending + move.available)
    after = ledger.post(work, shop, pending, [named], at=at)
    _add(work, shop, level, named, write_id, undoes=undoes, at=at)
    resource = f"level:{level.inventory_item_id}:{level.location_id}"
    add_task(work, shop, WRITE, {"write_id": write_id}, at=at, kind="job", resource=resource)
    return after


def write(view: Connection, shop: str, write_id: str) -> Write | None:
    table = stock_writes.c
    row = view.execute(
        select(stock_writes).where(table.shop == shop, table.write_id == write_id)
    ).one_or_none()
    return _write(row) if row else None


def writes(
    view: Connection, shop: str, item_id: int, location_id: int, *, limit: int = 20
) -> tuple[Write, ...]:
    """What we changed of a level ourselves, the newest first."""
    table = stock_writes.c
    rows = view.execute(
        select(stock_writes)
        .where(
            table.shop == shop,
            table.inventory_item_id == item_id,
            table.location_id == location_id,
        )
        .order_by(table.added_at.desc(), table.write_id)
        .limit(limit)
    )
    return tuple(_write(row) for row in rows)


def _level(work: Connection, shop: str, item_id: int, location_id: int) -> Level:
    level = ledger.locked(work, shop, item_id, location_id)
    if level is None:
        raise NotFound("level_unknown", "this location does not keep this item")
    return level


def _short(note: str) -> str:
    line = " ".join(note.split())
    if len(line) > _NOTE:
        raise BadInput("text_too_long", f"at most {_NOTE} characters")
    return line


def _add(
    work: Connection,
    shop: str,
    level: Level,
    move: Move,
    write_id: str,
    *,
    undoes: str | None,
    at: datetime,
) -> None:
    work.execute(
        insert(stock_writes).values(
            shop=shop,
            write_id=write_id,
            inventory_item_id=level.inventory_item_id,
            location_id=level.location_id,
            kind=move.kind.value,
            delta=move.available,
            why=move.why,
            note=move.note,
            by=move.by,
            added_at=at,
            state=WAITING,
            attempt=0,
            undoes=undoes,
        )
    )
    if undoes:
        table = stock_writes.c
        work.execute(
            update(stock_writes)
            .where(table.shop == shop, table.write_id == undoes)
            .values(undone_by=write_id)
        )


def _write(row: Any) -> Write:
    names = [name for name in Write.__slots__ if name != "kind"]
    return Write(kind=Kind(row.kind), **{name: getattr(row, name) for name in names})
