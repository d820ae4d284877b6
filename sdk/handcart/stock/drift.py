"""Drift: where the platform's number is not what everything that we know of adds up to.

The platform says how many there are and never why. For some seconds that is so with every order;
what nobody has explained after ten minutes was changed by somebody else, or was lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from ..errors import NotFound, RuleBroken
from . import ledger
from .model import Item
from .movements import Kind, Move
from .tables import levels, stock_items

NEWS_TAKE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Drift:
    """``units`` more (or fewer) than anybody can explain, since ``since``; ``available`` now."""

    item: Item
    location_id: int
    units: int
    available: int
    since: datetime


def found(
    view: Connection, shop: str, *, at: datetime, location_id: int | None = None, limit: int = 100
) -> tuple[Drift, ...]:
    """What nobody has explained, the largest first."""
    table, items = levels.c, stock_items.c
    rows = view.execute(
        select(levels, items.variant_id, items.title, items.sku, items.barcode)
        .join(
            stock_items,
            (items.shop == table.shop) & (items.inventory_item_id == table.inventory_item_id),
        )
        .where(
            table.shop == shop,
            table.unexplained != 0,
            table.unexplained_at <= at - NEWS_TAKE,
            table.location_id == location_id if location_id else table.location_id > 0,
        )
        .order_by(func.abs(table.unexplained).desc(), table.unexplained_at)
        .limit(limit)
    )
    return tuple(
        Drift(
            Item(row.inventory_item_id, row.variant_id, row.title, row.sku, row.barcode),
            row.location_id,
            row.unexplained,
            row.available,
            row.unexplained_at,
        )
        for row in rows
    )


def settle(
    work: Connection,
    shop: str,
    *,
    item_id: int,
    location_id: int,
    units: int,
    by: str,
    at: datetime,
    note: str = "",
) -> None:
    """Somebody has seen that ``units`` are unexplained, and leaves it at that; the level stays.

    Raises RuleBroken when it is another number by now.
    """
    level = ledger.locked(work, shop, item_id, location_id)
    if level is None:
        raise NotFound("level_unknown", "this location does not keep this item")
    if not units or level.unexplained != units:
        raise RuleBroken("drift_changed", "something has been explained meanwhile")
    settled = Move(Kind.SETTLED, units, by=by, why="seen", note=" ".join(note.split())[:200])
    told = Move(Kind.TOLD, -units, by=by, why=Kind.SETTLED.value)
    ledger.post(work, shop, level, [settled, told], at=at)
