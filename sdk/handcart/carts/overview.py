"""How many carts were alive on which day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from .store import carts

DAYS = 14


@dataclass(frozen=True, slots=True)
class Day:
    """Carts by the day (UTC) of their latest change: still open, or adopted at a sign-in."""

    day: date
    open: int
    adopted: int


def days(view: Connection, shop: str, *, since: datetime, today: date) -> tuple[Day, ...]:
    """The last fortnight, the oldest day first, today the last."""
    columns = (carts.c.status, carts.c.updated_at)
    query = select(*columns).where((carts.c.shop == shop) & (carts.c.updated_at >= since))
    found = Counter((row.status == "open", row.updated_at.date()) for row in view.execute(query))
    fortnight = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return tuple(Day(day, found[True, day], found[False, day]) for day in fortnight)
