"""What became of a shop's carts, day by day, computed from the history of each.

The words are exact; docs/reference/carts.md gives them to merchants as they stand here. A day is a
day in UTC, and the days are the last fortnight, today the last of them.

- *Active*: carts that were changed on that day.
- *Crossed devices*: those of them that two or more devices (browsers, a till, a handoff) had
  changed within the fortnight, up to the end of that day.
- *Adopted*: guests' carts that went into a shopper's at a sign-in on that day.
- *Recovered*: orders of that day out of a cart that nobody had touched for 24 hours or more at
  some time since the order before it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from .history import cart_changes
from .store import carts

DAYS = 14
LEFT_ALONE = timedelta(hours=24)
_DEVICES = ("device:", "staff:", "handoff:")
_ORDER = "order:"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one day, or of the fortnight: there, a cart that was active on two days counts once."""

    active: int = 0
    crossed: int = 0
    adopted: int = 0
    recovered: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """The oldest day first."""

    days: tuple[tuple[date, Figures], ...]
    total: Figures


def overview(view: Connection, shop: str, *, today: date) -> Overview:
    """The last fortnight, today the last day of it."""
    fortnight = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    since = datetime.combine(fortnight[0], time(), UTC)
    active, crossed, total = _active(_changes(view, shop, since))
    adopted = _adopted(view, shop, since)
    recovered = Counter(at.date() for at in _recovered(view, shop, since))
    return Overview(
        days=tuple(
            (day, Figures(active[day], crossed[day], adopted[day], recovered[day]))
            for day in fortnight
        ),
        total=Figures(*total, adopted.total(), recovered.total()),
    )


def _changes(view: Connection, shop: str, since: datetime) -> Iterable[Any]:
    columns = (cart_changes.c.cart_id, cart_changes.c.at, cart_changes.c.by)
    mine = (cart_changes.c.shop == shop) & (cart_changes.c.at >= since)
    return view.execute(select(*columns).where(mine).order_by(cart_changes.c.at))


def _active(changes: Iterable[Any]) -> tuple[Counter[date], Counter[date], tuple[int, int]]:
    """Carts by day, those of several devices by day, and both over all days."""
    carts_of: dict[date, set[str]] = defaultdict(set)
    crossed_of: dict[date, set[str]] = defaultdict(set)
    devices: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        day = change.at.date()
        carts_of[day].add(change.cart_id)
        if change.by.startswith(_DEVICES):
            devices[change.cart_id].add(change.by)
        if len(devices[change.cart_id]) > 1:
            crossed_of[day].add(change.cart_id)
    all_ = len(devices), sum(len(each) > 1 for each in devices.values())
    return _sizes(carts_of), _sizes(crossed_of), all_


def _sizes(sets: dict[date, set[str]]) -> Counter[date]:
    return Counter({day: len(found) for day, found in sets.items()})


def _adopted(view: Connection, shop: str, since: datetime) -> Counter[date]:
    mine = (carts.c.shop == shop) & (carts.c.updated_at >= since)
    closed = mine & carts.c.status.in_(("merged", "undone"))
    return Counter(
        at.date() for at in view.execute(select(carts.c.updated_at).where(closed)).scalars()
    )


def _recovered(view: Connection, shop: str, since: datetime) -> Iterator[datetime]:
    """When each order was placed that counts; the history of a cart says all of it."""
    mine = cart_changes.c.shop == shop
    ordered = select(cart_changes.c.cart_id).where(
        mine & (cart_changes.c.at >= since) & cart_changes.c.by.startswith(_ORDER)
    )
    columns = (cart_changes.c.cart_id, cart_changes.c.at, cart_changes.c.by)
    query = select(*columns).where(mine & cart_changes.c.cart_id.in_(ordered))
    rows = view.execute(query.order_by(cart_changes.c.cart_id, cart_changes.c.version))
    for _, changes in groupby(rows, key=lambda row: row.cart_id):
        yield from (at for at in after_a_pause(changes) if at >= since)


def after_a_pause(changes: Iterable[Any]) -> Iterator[datetime]:
    """The orders of one cart that came after a pause; ``changes`` are its history in order."""
    last: datetime | None = None
    waited = False
    for change in changes:
        waited = waited or (last is not None and change.at - last >= LEFT_ALONE)
        last = change.at
        if change.by.startswith(_ORDER):
            if waited:
                yield change.at
            last, waited = None, False
