"""Goods on their way from one store to another: they leave when sent, and come when received.

Between both they are nobody's to sell. What arrives may be less than what was sent, or more; then
somebody says why, and both numbers stay written.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from ..errors import BadInput, NotFound, RuleBroken, StaleWrite
from ..storage.among import among
from . import adjusting, ledger
from .movements import Kind, Move
from .tables import stock_transfer_lines, stock_transfers

_MOST = 100_000
# Why something else arrived than was sent.
DISCREPANCIES = ("lost", "damaged", "miscounted")


class Stage(StrEnum):
    REQUESTED = "requested"
    SENT = "sent"
    RECEIVED = "received"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class TransferLine:
    inventory_item_id: int
    asked: int
    sent: int = 0
    received: int = 0


@dataclass(frozen=True, slots=True)
class Transfer:
    """Goods that go from one location to another; ``why`` says what became of a difference.

    ``pickup_id``: the pickup that they are brought for, if there is one.
    """

    transfer_id: str
    from_location_id: int
    to_location_id: int
    state: Stage
    asked_by: str
    asked_at: datetime
    sent_at: datetime | None
    received_at: datetime | None
    why: str
    lines: tuple[TransferLine, ...]
    pickup_id: str | None = None

    @property
    def under_way(self) -> int:
        """Units that have left one store and not come to the other."""
        return sum(line.sent for line in self.lines) if self.state is Stage.SENT else 0


def ask(
    work: Connection,
    shop: str,
    wanted: Mapping[int, int],
    *,
    from_location_id: int,
    to_location_id: int,
    by: str,
    at: datetime,
    pickup_id: str | None = None,
) -> str:
    """One store is asked for ``wanted`` (item to units); returns the transfer's name."""
    if from_location_id == to_location_id:
        raise RuleBroken("location_same", "the goods are at that store already")
    if not wanted or not all(0 < units <= _MOST for units in wanted.values()):
        raise BadInput("units_malformed", "say how many of what")
    for item_id in sorted(wanted):
        for place in (from_location_id, to_location_id):
            if ledger.locked(work, shop, item_id, place) is None:
                raise NotFound("level_unknown", "a store does not keep this item")
    transfer_id = uuid.uuid4().hex
    work.execute(
        insert(stock_transfers).values(
            shop=shop,
            transfer_id=transfer_id,
            from_location_id=from_location_id,
            to_location_id=to_location_id,
            state=Stage.REQUESTED.value,
            pickup_id=pickup_id,
            asked_by=by,
            asked_at=at,
            why="",
        )
    )
    rows = [
        {
            "shop": shop,
            "transfer_id": transfer_id,
            "inventory_item_id": item_id,
            "asked": units,
            "sent": 0,
            "received": 0,
        }
        for item_id, units in wanted.items()
    ]
    work.execute(insert(stock_transfer_lines), rows)
    return transfer_id


def send(
    work: Connection,
    shop: str,
    transfer_id: str,
    *,
    by: str,
    at: datetime,
    units: Mapping[int, int] | None = None,
) -> Transfer:
    """The goods leave: ``units`` (item to units), or what was asked for; once."""
    transfer = _in(work, shop, transfer_id, Stage.REQUESTED)
    sent = _checked(
        transfer, units or {line.inventory_item_id: line.asked for line in transfer.lines}
    )
    if not any(sent.values()):
        raise BadInput("units_malformed", "nothing is sent")
    _move(work, shop, transfer, sent, place=transfer.from_location_id, sign=-1, by=by, at=at)
    return _to(work, shop, transfer, Stage.SENT, sent, sent_by=by, sent_at=at)


def receive(
    work: Connection,
    shop: str,
    transfer_id: str,
    *,
    by: str,
    at: datetime,
    units: Mapping[int, int] | None = None,
    why: str = "",
) -> Transfer:
    """The goods have come: ``units``, or what was sent; once. A difference needs its ``why``."""
    transfer = _in(work, shop, transfer_id, Stage.SENT)
    all_of_it = {line.inventory_item_id: line.sent for line in transfer.lines}
    came = _checked(transfer, units if units is not None else all_of_it)
    if came != all_of_it and why not in DISCREPANCIES:
        raise BadInput("reason_unknown", "say why something else came than was sent")
    _move(work, shop, transfer, came, place=transfer.to_location_id, sign=1, by=by, at=at)
    said = why if came != all_of_it else ""
    return _to(work, shop, transfer, Stage.RECEIVED, came, received_by=by, received_at=at, why=said)


def cancel(work: Connection, shop: str, transfer_id: str) -> Transfer:
    """Nobody sends it; only what has not left can be cancelled."""
    transfer = _in(work, shop, transfer_id, Stage.REQUESTED)
    return _to(work, shop, transfer, Stage.CANCELLED, {})


def get(view: Connection, shop: str, transfer_id: str) -> Transfer:
    """One transfer; raises NotFound."""
    table = stock_transfers.c
    rows = view.execute(
        select(stock_transfers).where(table.shop == shop, table.transfer_id == transfer_id)
    ).all()
    if not rows:
        raise NotFound("transfer_unknown", "there is no such transfer")
    return _read(view, shop, rows)[0]


def of_pickup(view: Connection, shop: str, pickup_id: str) -> tuple[Transfer, ...]:
    """What was asked for in its name and is to leave or under way, the oldest first."""
    return _open(view, shop, stock_transfers.c.pickup_id == pickup_id)


def of_location(view: Connection, shop: str, location_id: int) -> tuple[Transfer, ...]:
    """What is to leave the store or under way to it, the oldest first."""
    table = stock_transfers.c
    place = or_(table.from_location_id == location_id, table.to_location_id == location_id)
    return _open(view, shop, place)


def _open(view: Connection, shop: str, which: ColumnElement[bool]) -> tuple[Transfer, ...]:
    table = stock_transfers.c
    rows = view.execute(
        select(stock_transfers)
        .where(
            table.shop == shop,
            which,
            table.state.in_((Stage.REQUESTED.value, Stage.SENT.value)),
        )
        .order_by(table.asked_at, table.transfer_id)
        .limit(100)
    ).all()
    return _read(view, shop, rows)


def _in(work: Connection, shop: str, transfer_id: str, state: Stage) -> Transfer:
    transfer = get(work, shop, transfer_id)
    if transfer.state is not state:
        raise RuleBroken("transfer_moved_on", f"this transfer is {transfer.state} already")
    return transfer


def _checked(transfer: Transfer, units: Mapping[int, int]) -> dict[int, int]:
    known = {line.inventory_item_id for line in transfer.lines}
    if set(units) - known:
        raise BadInput("item_unknown", "the transfer has no such item")
    if not all(0 <= count <= _MOST for count in units.values()):
        raise BadInput("units_malformed", f"units are between 0 and {_MOST}")
    return {item_id: units.get(item_id, 0) for item_id in sorted(known)}


def _move(
    work: Connection,
    shop: str,
    transfer: Transfer,
    units: Mapping[int, int],
    *,
    place: int,
    sign: int,
    by: str,
    at: datetime,
) -> None:
    kind, why = (
        (Kind.SENT, adjusting.MOVED_OUT) if sign < 0 else (Kind.RECEIVED, adjusting.MOVED_IN)
    )
    for item_id, count in units.items():
        level = ledger.locked(work, shop, item_id, place)
        if level is None:
            raise NotFound("level_unknown", "a store does not keep this item")
        if not count:
            continue
        move = Move(
            kind, sign * count, by=by, why=why, reference=f"transfer:{transfer.transfer_id}"
        )
        adjusting.change(work, shop, level, move, at=at)


def _to(
    work: Connection,
    shop: str,
    transfer: Transfer,
    state: Stage,
    units: Mapping[int, int],
    **values: Any,
) -> Transfer:
    """Guarded by the state it was in, so that of two people one does it."""
    table, lines = stock_transfers.c, stock_transfer_lines.c
    moved = work.execute(
        update(stock_transfers)
        .where(
            table.shop == shop,
            table.transfer_id == transfer.transfer_id,
            table.state == transfer.state.value,
        )
        .values(state=state.value, **values)
    )
    if not moved.rowcount:
        raise StaleWrite("the transfer")
    for item_id, count in units.items():
        work.execute(
            update(stock_transfer_lines)
            .where(
                lines.shop == shop,
                lines.transfer_id == transfer.transfer_id,
                lines.inventory_item_id == item_id,
            )
            .values({state.value: count})
        )
    return get(work, shop, transfer.transfer_id)


def _read(view: Connection, shop: str, rows: Sequence[Any]) -> tuple[Transfer, ...]:
    lines = stock_transfer_lines.c
    found: dict[str, list[TransferLine]] = {}
    names = [(row.transfer_id,) for row in rows]
    for row in view.execute(
        select(stock_transfer_lines)
        .where(lines.shop == shop, among(view, (lines.transfer_id,), names))
        .order_by(lines.inventory_item_id)
    ):
        line = TransferLine(row.inventory_item_id, row.asked, row.sent, row.received)
        found.setdefault(row.transfer_id, []).append(line)
    return tuple(
        Transfer(
            row.transfer_id,
            row.from_location_id,
            row.to_location_id,
            Stage(row.state),
            row.asked_by,
            row.asked_at,
            row.sent_at,
            row.received_at,
            row.why,
            tuple(found.get(row.transfer_id, ())),
            row.pickup_id,
        )
        for row in rows
    )
