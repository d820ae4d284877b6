"""What somebody should count: items that were looked for in vain, or sold a lot, since the last.

A miss changes no number, since nobody has counted; it says how little the number can be trusted
(``trust.found``), until somebody counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, select, update

from . import trust
from .model import Item
from .tables import levels, stock_items


@dataclass(frozen=True, slots=True)
class ToCount:
    """``missed`` units were not found since ``counted_at``, though ``recorded`` should be there.

    ``found``: the probability that one more would be.
    """

    item: Item
    location_id: int
    recorded: int
    missed: int
    counted_at: datetime | None
    found: float


def missed(work: Connection, shop: str, units: Mapping[int, int], *, location_id: int) -> None:
    """Item to units that were looked for there in vain; below zero, found after all."""
    table = levels.c
    for item_id, count in sorted(units.items()):
        now = table.missed_since + count
        work.execute(
            update(levels)
            .where(
                table.shop == shop,
                table.inventory_item_id == item_id,
                table.location_id == location_id,
            )
            .values(missed_since=case((now > 0, now), else_=0))
        )


def to_count(
    view: Connection, shop: str, location_id: int, *, at: datetime, limit: int = 10
) -> tuple[ToCount, ...]:
    """What was missed at the location since its last count, the most missed first."""
    table, items = levels.c, stock_items.c
    rows = view.execute(
        select(levels, items.variant_id, items.title, items.sku, items.barcode)
        .join(
            stock_items,
            (items.shop == table.shop) & (items.inventory_item_id == table.inventory_item_id),
        )
        .where(table.shop == shop, table.location_id == location_id, table.missed_since > 0)
        .order_by(table.missed_since.desc(), table.inventory_item_id)
        .limit(limit)
    )
    return tuple(
        ToCount(
            Item(row.inventory_item_id, row.variant_id, row.title, row.sku, row.barcode),
            location_id,
            row.available + row.set_aside,
            row.missed_since,
            row.counted_at,
            trust.found(
                trust.Evidence(row.counted_at, row.sold_since, row.missed_since),
                recorded=row.available,
                unit=1,
                at=at,
            ),
        )
        for row in rows
    )
