"""Watches that nobody has confirmed or looked at for long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from .store import watches

UNTOUCHED = timedelta(days=365)
UNCONFIRMED = timedelta(days=2)
_row = watches.c


def find_untouched(view: Connection, *, before: datetime, limit: int) -> Sequence[tuple[str, str]]:
    """(shop, watch id) of those neither looked at nor told since."""
    query = select(_row.shop, _row.watch_id).where(_row.touched_at < before)
    return [(one.shop, one.watch_id) for one in view.execute(query.limit(limit))]


def find_unconfirmed(
    view: Connection, *, before: datetime, limit: int
) -> Sequence[tuple[str, str]]:
    """(shop, watch id) of those asked for in time to be confirmed, which nobody did."""
    query = select(_row.shop, _row.watch_id).where(
        _row.touched_at < before, _row.confirmed_at.is_(None)
    )
    return [(one.shop, one.watch_id) for one in view.execute(query.limit(limit))]
