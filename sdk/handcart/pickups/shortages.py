"""What staff looked for in vain says something of the shelf: its number is less sure from then."""

from __future__ import annotations

from sqlalchemy import Connection

from ..stock import counting
from ..stock import store as stock_store
from .model import Pickup
from .states import Act


def noted(work: Connection, shop: str, before: Pickup, after: Pickup, act: Act) -> None:
    """The level of each item knows how much more was missed there; or less, if it was found."""
    if act not in (Act.MISS, Act.PACK):
        return
    was = {line.line_id: line.missing for line in before.lines}
    grown = {
        line: line.missing - was.get(line.line_id, 0)
        for line in after.lines
        if line.variant_id is not None and line.missing != was.get(line.line_id, 0)
    }
    if not grown:
        return
    items = stock_store.items_of(work, shop, {line.variant_id or 0 for line in grown})
    units: dict[int, int] = {}
    for line, count in grown.items():
        item_id = items.get(line.variant_id or 0)
        if item_id is not None:
            units[item_id] = units.get(item_id, 0) + count
    counting.missed(work, shop, units, location_id=after.location_id)
