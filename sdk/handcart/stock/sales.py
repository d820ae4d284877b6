"""Which orders took what from where: what the platform's numbers do not say.

A part of an order that waits at a location has set its goods aside there; one that was handed out
has taken them away. What is known of each is kept, so that the same news a second time, older
news, and the order in which news arrive change nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ..platform.port import FulfillmentOrder, Order
from ..storage.among import among
from ..storage.database import alone
from ..storage.upsert import upsert
from . import ledger, store
from .movements import Kind, Move, explained
from .tables import stock_sales

_WAITING = ("open", "in_progress", "scheduled", "on_hold", "incomplete")
_RETAIL = "retail"
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one item at one location: units that wait for the order, and units that have gone."""

    waiting: int = 0
    gone: int = 0


_NOTHING = Taken()


def routed(work: Connection, shop: str, order: FulfillmentOrder, *, at: datetime) -> None:
    """The goods of a part of an order are set aside, handed out or released, as it says."""
    if order.location_id is None:
        return
    over_the_till = order.method == _RETAIL
    source = order.order_id if over_the_till else order.fulfillment_order_id
    sale = _Sale(
        source=f"{'order' if over_the_till else 'fulfillment_order'}:{source}",
        order_id=order.order_id,
        told_at=order.updated_at,
        happened_at=order.updated_at,
        over_the_till=over_the_till,
    )
    _take(work, shop, sale, _of_lines(work, shop, order, order.location_id), at=at)


def sold_in_store(work: Connection, shop: str, order: Order, *, at: datetime) -> None:
    """A till has sold and handed over; once, however often and however late it is told."""
    if order.location_id is None:
        return
    items = store.items_of(work, shop, {line.variant_id for line in order.lines})
    gone: Counter[Key] = Counter()
    for line in order.lines:
        if line.variant_id in items:
            gone[items[line.variant_id], order.location_id] += line.quantity
    sale = _Sale(
        source=f"order:{order.order_id}",
        order_id=order.order_id,
        told_at=order.updated_at,
        happened_at=order.processed_at or order.updated_at,
        over_the_till=True,
    )
    _take(work, shop, sale, {key: Taken(gone=units) for key, units in gone.items()}, at=at)


def orders_seen(work: Connection, seen: Sequence[tuple[str, Order]], *, at: datetime) -> None:
    """What tills sold is gone; of an order that has ended nothing waits anywhere any more."""
    for shop, order in seen:
        if order.sold_in_store:
            sold_in_store(work, shop, order, at=at)
    ends = {
        (shop, order.order_id): (order.cancelled_at is not None, order.updated_at)
        for shop, order in seen
        if (order.cancelled_at or order.fulfilled) and not order.sold_in_store
    }
    if ends:
        _end(work, ends, at=at)


def _end(
    work: Connection, ends: Mapping[tuple[str, int], tuple[bool, datetime]], *, at: datetime
) -> None:
    """``(shop, order)`` to whether it was cancelled, and when."""
    table = stock_sales.c
    rows = work.execute(
        select(stock_sales).where(
            among(work, (table.shop, table.order_id), list(ends)), table.waiting > 0
        )
    ).all()
    for row in rows:
        cancelled, when = ends[row.shop, row.order_id]
        if row.told_at > when:
            continue
        sale = _Sale(row.source, row.order_id, when, when)
        was = Taken(row.waiting, row.gone)
        now = Taken(0, row.gone if cancelled else row.gone + row.waiting)
        key = (row.inventory_item_id, row.location_id)
        _change(work, row.shop, sale, key, was=was, now=now, at=at)


@dataclass(frozen=True, slots=True)
class _Sale:
    """What is told of an order, or of a part of it; goods ``over_the_till`` never wait."""

    source: str
    order_id: int
    told_at: datetime
    happened_at: datetime
    over_the_till: bool = False


def _of_lines(
    work: Connection, shop: str, order: FulfillmentOrder, location_id: int
) -> dict[Key, Taken]:
    items = store.items_of(work, shop, {line.variant_id or 0 for line in order.lines})
    taken: dict[Key, Taken] = {}
    for line in order.lines:
        item_id = items.get(line.variant_id or 0)
        if item_id is None or order.status == "cancelled":
            continue
        before = taken.get((item_id, location_id), _NOTHING)
        waiting = line.quantity if order.status in _WAITING else 0
        gone = line.total - line.quantity if line.total is not None else 0
        taken[item_id, location_id] = Taken(before.waiting + waiting, before.gone + gone)
    return taken


def _take(
    work: Connection, shop: str, sale: _Sale, now: Mapping[Key, Taken], *, at: datetime
) -> None:
    alone(work, shop, f"sale {sale.source}")
    known = {(row.inventory_item_id, row.location_id): row for row in _known(work, shop, sale)}
    for key in sorted({*known, *now}):
        row = known.get(key)
        if row is None:
            _change(work, shop, sale, key, was=None, now=now[key], at=at)
        elif row.told_at <= sale.told_at:
            was = Taken(row.waiting, row.gone)
            _change(work, shop, sale, key, was=was, now=now.get(key, Taken(0, row.gone)), at=at)


def _change(
    work: Connection,
    shop: str,
    sale: _Sale,
    key: Key,
    *,
    was: Taken | None,
    now: Taken,
    at: datetime,
) -> None:
    if was == now:
        return
    level = ledger.locked(work, shop, *key)
    # What was sold before the level was known is in the number that it began with.
    is_new = level and not (was is None and sale.told_at < (level.opened_at or at))
    if level and is_new:
        moves = _moves(was or _NOTHING, now, over_the_till=sale.over_the_till)
        order, when = f"order:{sale.order_id}", sale.happened_at
        named = [replace(move, reference=order, happened_at=when) for move in moves]
        ledger.post(work, shop, level, named, at=at)
    _save(work, shop, sale, key, now)


def _moves(was: Taken, now: Taken, *, over_the_till: bool) -> Sequence[Move]:
    """From what was known to what is: what waited was handed out, waits on, or is released."""
    more_gone = now.gone - was.gone
    if over_the_till:
        kind = Kind.SOLD if more_gone > 0 else Kind.RETURNED
        return explained(Move(kind, -more_gone))
    handed_out = max(0, min(more_gone, was.waiting))
    # Seen for the first time when it had gone already: it was ordered and handed out meanwhile.
    at_once = max(0, more_gone - handed_out)
    waiting = now.waiting - (was.waiting - handed_out)
    ordered, released = max(0, waiting) + at_once, max(0, -waiting)
    return (
        Move(Kind.HANDED_OUT, set_aside=-handed_out),
        *explained(Move(Kind.ORDERED, -ordered, ordered)),
        Move(Kind.HANDED_OUT, set_aside=-at_once),
        *explained(Move(Kind.RELEASED, released, -released)),
    )


def _known(work: Connection, shop: str, sale: _Sale) -> Sequence[Any]:
    table = stock_sales.c
    return work.execute(
        select(stock_sales).where(table.shop == shop, table.source == sale.source)
    ).all()


def _save(work: Connection, shop: str, sale: _Sale, key: Key, now: Taken) -> None:
    table = stock_sales.c
    values = {"waiting": now.waiting, "gone": now.gone, "told_at": sale.told_at}
    index = [table.shop, table.source, table.inventory_item_id, table.location_id]
    work.execute(
        upsert(work, stock_sales)
        .values(
            shop=shop,
            source=sale.source,
            inventory_item_id=key[0],
            location_id=key[1],
            order_id=sale.order_id,
            **values,
        )
        .on_conflict_do_update(index_elements=index, set_=values)
    )
