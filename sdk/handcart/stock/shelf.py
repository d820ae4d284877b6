"""One item at one location as staff look at it: what is there, what may be sold, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ..errors import NotFound
from . import adjusting, availability, holds, ledger, store, trust
from .adjusting import Write
from .drift import NEWS_TAKE
from .holds import Held
from .model import Item, Level
from .movements import Movement
from .rules import StockRules, rule_book
from .store import level_in
from .tables import levels


@dataclass(frozen=True, slots=True)
class Shelf:
    """``to_promise``: what can still be sold online; ``drift``: units that nobody can explain.

    ``rules``: those that count there; ``held``: what others hold of it; ``found``: the probability
    that one of it is there.
    ``undoable``: what staff counted or corrected and nobody has taken back, by its name.
    """

    item: Item
    level: Level
    to_promise: int
    drift: int
    movements: tuple[Movement, ...]
    undoable: dict[str, Write]
    rules: StockRules
    held: tuple[Held, ...]
    found: float


def shelf(view: Connection, shop: str, item_id: int, location_id: int, *, at: datetime) -> Shelf:
    """Raises NotFound when the location does not keep the item."""
    item, level = store.item(view, shop, item_id), _level(view, shop, item_id, location_id)
    if item is None or level is None:
        raise NotFound("level_unknown", "this location does not keep this item")
    rules = rule_book(view, shop).of(location_id, item_id)
    evidence = trust.Evidence(level.counted_at, level.sold_since, level.missed_since)
    known = availability.numbers(view, shop, [item_id], channel="online", at=at)
    since = level.unexplained_at
    return Shelf(
        item=item,
        level=level,
        to_promise=known[item_id, location_id].to_promise,
        drift=level.unexplained if since and since <= at - NEWS_TAKE else 0,
        movements=ledger.movements(view, shop, item_id, location_id, limit=30),
        undoable={
            write.write_id: write
            for write in adjusting.writes(view, shop, item_id, location_id)
            if write.can_be_undone
        },
        rules=rules,
        held=holds.of_level(view, shop, item_id, location_id, at=at),
        found=trust.found(evidence, recorded=level.available, unit=1, at=at),
    )


def _level(view: Connection, shop: str, item_id: int, location_id: int) -> Level | None:
    table = levels.c
    row = view.execute(
        select(levels).where(
            table.shop == shop,
            table.inventory_item_id == item_id,
            table.location_id == location_id,
        )
    ).one_or_none()
    return level_in(row) if row else None
