"""The platform telling us what we did ourselves: recognised, and not taken for anybody else's.

A change of ours counts at once and is ``pending`` until the platform's number has it. It has it
when the platform's answer says so, or when it tells exactly the number that the change leads to.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, select, update

from .model import Level
from .tables import stock_writes

WAITING, HEARD, DONE, REFUSED = "waiting", "heard", "done", "refused"


def heard(work: Connection, shop: str, level: Level, told: Level) -> Level:
    """The level with less pending, if ``told`` is what a change of ours was to lead to."""
    if not level.pending or told.updated_at < level.updated_at:
        return level
    table = stock_writes.c
    found = work.execute(
        select(table.write_id, table.delta)
        .where(
            table.shop == shop,
            table.inventory_item_id == level.inventory_item_id,
            table.location_id == level.location_id,
            table.state == WAITING,
            table.expected + table.delta == told.available,
        )
        .order_by(table.added_at)
        .limit(1)
    ).one_or_none()
    if found is None:
        return level
    work.execute(
        update(stock_writes)
        .where(table.shop == shop, table.write_id == found.write_id)
        .values(state=HEARD)
    )
    return replace(level, pending=level.pending - found.delta)
