"""The movements of every level: each is written down once, in the transaction that moves it.

``post`` is the only way to change a level. What the movements of a level add up to is its number,
after every commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from ..events import StockChanged, StockShort
from ..platform.port import StockLevel
from ..storage import record
from ..storage.many import insert_many
from . import store
from .model import Level, level_of
from .movements import BOUGHT, Kind, Move, Movement
from .tables import stock_movements


def locked(work: Connection, shop: str, item_id: int, location_id: int) -> Level | None:
    """The level; nobody else changes it until the commit."""
    return store.level(work, shop, item_id=item_id, location_id=location_id)


def opened(
    work: Connection, shop: str, item_id: int, location_id: int, *, at: datetime
) -> tuple[Level, bool]:
    """The level, which is empty and new (True) if it was unknown; nobody else changes it."""
    new = Level(item_id, location_id, 0, _LONG_AGO)
    if store.add_level(work, shop, new):
        return replace(new, moves=_last_number(work, shop, item_id, location_id)), True
    known = locked(work, shop, item_id, location_id)
    # Between both statements nobody deletes it but a mirror that has found it gone.
    return known or new, False


def post(
    work: Connection, shop: str, level: Level, moves: Iterable[Move], *, at: datetime
) -> Level:
    """The level after ``moves``, saved; told as StockChanged if there is another number to sell.

    ``level`` is as it was locked, with what is to be remembered beside its numbers.
    """
    moves = [*_missed(level), *(move for move in moves if move.available or move.set_aside)]
    after = replace(
        level,
        available=level.booked + sum(move.available for move in moves),
        set_aside=level.set_aside + sum(move.set_aside for move in moves),
        moves=level.moves + len(moves),
        sold_since=level.sold_since + sum(-m.available for m in moves if m.kind in BOUGHT),
    )
    if any(move.kind is Kind.OPENING for move in moves):
        after = replace(after, opened_at=at)
    after = _unexplained(replace(after, booked=after.available), moves, at=at)
    rows = [_row(shop, level, number, move, at=at) for number, move in enumerate(moves, 1)]
    insert_many(work, stock_movements, rows)
    store.save_level(work, shop, after)
    if after.available != level.available:
        tell(work, shop, after, was=level.available, at=at)
    return after


def tell(work: Connection, shop: str, level: Level, *, was: int, at: datetime) -> None:
    resource = f"level:{level.inventory_item_id}:{level.location_id}"
    fact = StockChanged(level.inventory_item_id, level.location_id, level.available)
    record(work, shop, fact, at=at, resource=resource)
    if level.available < min(0, was):
        # Sold twice, or sold while the till was offline: somebody has to find a way out.
        short = StockShort(level.inventory_item_id, level.location_id, -level.available)
        record(work, shop, short, at=at, resource=resource)


def open_many(work: Connection, shop: str, read: Sequence[StockLevel], *, at: datetime) -> None:
    """Levels that were unknown begin with what was read."""
    last = _last_numbers(work, shop)
    rows = []
    new = []
    for one in map(level_of, read):
        number = last.get((one.inventory_item_id, one.location_id), 0)
        opening = Move(Kind.OPENING, one.available, one.set_aside)
        rows.append(_row(shop, replace(one, moves=number), 1, opening, at=at))
        new.append(replace(one, moves=number + 1, booked=one.available, opened_at=at))
    store.add_levels(work, shop, new)
    insert_many(work, stock_movements, rows)


def close(work: Connection, shop: str, level: Level, *, at: datetime) -> None:
    """The location keeps this item no more: nothing is left, and the movements stay."""
    post(work, shop, level, [Move(Kind.CLOSED, -level.available, -level.set_aside)], at=at)
    store.drop_level(work, shop, level)


def movements(
    view: Connection, shop: str, item_id: int, location_id: int, *, limit: int = 50
) -> tuple[Movement, ...]:
    """The newest movements of a level, the newest first."""
    table = stock_movements.c
    rows = view.execute(
        select(stock_movements)
        .where(*_one(shop, item_id, location_id))
        .order_by(table.number.desc())
        .limit(limit)
    )
    return tuple(_movement(row) for row in rows)


def on_hand_since(view: Connection, shop: str, level: Level, *, number: int) -> int:
    """What has come to the level, and gone from it, after its ``number``-th movement."""
    table = stock_movements.c
    moved = view.scalar(
        select(func.sum(table.available + table.set_aside)).where(
            *_one(shop, level.inventory_item_id, level.location_id), table.number > number
        )
    )
    return int(moved or 0)


_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _missed(level: Level) -> tuple[Move, ...]:
    """What an older version of Handcart changed without a movement."""
    kind = Kind.TOLD if level.moves else Kind.OPENING
    missed = level.available - level.booked
    return (Move(kind, missed),) if missed else ()


def _unexplained(level: Level, moves: Sequence[Move], *, at: datetime) -> Level:
    told = sum(move.available for move in moves if move.kind is Kind.TOLD)
    if not told:
        return level
    unexplained = level.unexplained + told
    return replace(level, unexplained=unexplained, unexplained_at=at if unexplained else None)


def _one(shop: str, item_id: int, location_id: int) -> tuple[Any, ...]:
    table = stock_movements.c
    return (
        table.shop == shop,
        table.inventory_item_id == item_id,
        table.location_id == location_id,
    )


def _last_number(work: Connection, shop: str, item_id: int, location_id: int) -> int:
    number = select(func.max(stock_movements.c.number)).where(*_one(shop, item_id, location_id))
    return work.scalar(number) or 0


def _last_numbers(work: Connection, shop: str) -> dict[tuple[int, int], int]:
    table = stock_movements.c
    rows = work.execute(
        select(table.inventory_item_id, table.location_id, func.max(table.number))
        .where(table.shop == shop)
        .group_by(table.inventory_item_id, table.location_id)
    )
    return {(item_id, location_id): number for item_id, location_id, number in rows}


def _row(shop: str, level: Level, number: int, move: Move, *, at: datetime) -> dict[str, Any]:
    return {
        "shop": shop,
        "inventory_item_id": level.inventory_item_id,
        "location_id": level.location_id,
        "number": level.moves + number,
        "kind": move.kind.value,
        "available": move.available,
        "set_aside": move.set_aside,
        "happened_at": move.happened_at or at,
        "at": at,
        "by": move.by,
        "why": move.why,
        "note": move.note,
        "reference": move.reference,
    }


def _movement(row: Any) -> Movement:
    return Movement(
        number=row.number,
        kind=Kind(row.kind),
        available=row.available,
        set_aside=row.set_aside,
        happened_at=row.happened_at,
        at=row.at,
        by=row.by,
        why=row.why,
        note=row.note,
        reference=row.reference,
    )
