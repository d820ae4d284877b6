"""Goods that a checkout has for itself for some minutes, if the merchant wants that.

A hold never changes what is on hand, and nobody is told of it: no countdown. Readers leave out
what has run out, and a timer takes it away; it is released once, whoever comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, select, update

from ..errors import BadInput, Denied, NotFound, RuleBroken
from ..events import HoldReleased
from ..storage import add_task, record
from ..storage.among import Lookup, among
from ..storage.many import insert_many
from ..storage.outbox import cancel_task
from . import availability, store
from .model import Level
from .promise import lacking
from .tables import levels, stock_holds

TIMER = "release_hold"
_REASON = 200
# An order has been placed; until its level is told, within so long, nobody else gets its goods.
TOLD_WITHIN = timedelta(minutes=2)
_HELD = stock_holds.c.shop, stock_holds.c.hold_id
_OF_NO_ORDER = Lookup(select(*_HELD).where(stock_holds.c.order_id.is_(None)).distinct(), *_HELD)


@dataclass(frozen=True, slots=True)
class Held:
    """``units`` of one item at one location that nobody else can have ``until`` then.

    ``order_id``: of the order that it became, whose level is not told yet.
    """

    hold_id: str
    units: int
    until: datetime
    order_id: int | None

    @property
    def kind(self) -> str:
        """``cart``, ``transfer``, or ``bought``."""
        return "bought" if self.order_id else self.hold_id.partition(":")[0]


def place(
    work: Connection,
    shop: str,
    hold_id: str,
    wanted: Iterable[tuple[int, int]],
    *,
    location_id: int,
    channel: str,
    at: datetime,
    until: datetime,
) -> None:
    """``hold_id`` holds these lines ``(variant, units)`` and nothing else, ``until`` then.

    All of them or none: raises RuleBroken (``stock_short``), and what it held before it holds on.
    Of many who ask at once for the last one, one gets it.
    """
    lines = list(wanted)
    items = store.items_of(work, shop, {variant_id for variant_id, _ in lines})
    demand = availability.demand_of(lines, items, location_id)
    _lock(work, shop, demand)
    known = availability.numbers(
        work, shop, list(items.values()), channel=channel, at=at, hold_id=hold_id
    )
    if lacking(demand, known):
        raise RuleBroken("stock_short", "there is not that much left")
    release(work, shop, hold_id, at=at)
    rows = [_row(shop, hold_id, key, units, until) for key, units in demand.items()]
    insert_many(work, stock_holds, rows)
    add_task(
        work,
        shop,
        TIMER,
        {"hold_id": hold_id},
        at=at,
        kind="job",
        due_at=until,
        key=_key(hold_id, until),
    )


def release(work: Connection, shop: str, hold_id: str, *, at: datetime) -> bool:
    """Others may have the goods; False when there was no such hold, so that it is released once."""
    table = stock_holds.c
    gone = work.execute(
        delete(stock_holds)
        .where(table.shop == shop, table.hold_id == hold_id)
        .returning(table.expires_at)
    ).all()
    for until in {row.expires_at for row in gone}:
        cancel_task(work, shop, _key(hold_id, until), at=at)
    return bool(gone)


def release_by_hand(
    work: Connection, shop: str, hold_id: str, *, by: str, why: str, at: datetime
) -> None:
    """A manager gives it to others and says ``why``; raises Denied, BadInput and NotFound."""
    said = " ".join(why.split())[:_REASON]
    if not by.startswith("manager:"):
        raise Denied("manager_needed", "ask a manager to do this")
    if not said:
        raise BadInput("reason_missing", "say why it is let go")
    if not release(work, shop, hold_id, at=at):
        raise NotFound("hold_unknown", "nobody holds this any more")
    record(work, shop, HoldReleased(hold_id, by, said), at=at, resource=f"hold:{hold_id}")


def of_level(
    view: Connection, shop: str, item_id: int, location_id: int, *, at: datetime
) -> tuple[Held, ...]:
    """What is held of one item at one location now, what runs out first at first."""
    table = stock_holds.c
    rows = view.execute(
        select(stock_holds)
        .where(
            table.shop == shop,
            table.inventory_item_id == item_id,
            table.location_id == location_id,
            table.expires_at > at,
        )
        .order_by(table.expires_at, table.hold_id)
        .limit(50)
    )
    return tuple(Held(row.hold_id, row.units, row.expires_at, row.order_id) for row in rows)


def ran_out(work: Connection, shop: str, hold_id: str, *, at: datetime) -> bool:
    """What of the hold has run out is released; False when it was extended, or gone before."""
    table = stock_holds.c
    gone = work.execute(
        delete(stock_holds).where(
            table.shop == shop, table.hold_id == hold_id, table.expires_at <= at
        )
    )
    return bool(gone.rowcount)


def bought(work: Connection, shop: str, hold_id: str, *, order_id: int, at: datetime) -> bool:
    """The hold became an order: it ends when the platform's level says so, or in two minutes."""
    table = stock_holds.c
    mine = (table.shop == shop, table.hold_id == hold_id)
    was = work.scalars(select(table.expires_at).where(*mine).distinct()).all()
    if not was:
        return False
    until = at + TOLD_WITHIN
    for before in was:
        cancel_task(work, shop, _key(hold_id, before), at=at)
    work.execute(update(stock_holds).where(*mine).values(order_id=order_id, expires_at=until))
    about = {"hold_id": hold_id}
    key = _key(hold_id, until)
    add_task(work, shop, TIMER, about, at=at, kind="job", due_at=until, key=key)
    return True


def confirmed(work: Connection, shop: str, level: Level, *, units: int) -> None:
    """The platform says that so many went: holds that became orders are over, the oldest first."""
    table = stock_holds.c
    rows = work.execute(
        select(table.hold_id, table.units)
        .where(*_at(shop, level), table.order_id.is_not(None))
        .order_by(table.expires_at, table.hold_id)
    ).all()
    for row in rows:
        if row.units > units:
            return
        units -= row.units
        work.execute(delete(stock_holds).where(*_at(shop, level), table.hold_id == row.hold_id))


def known(view: Connection, names: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those ``(shop, hold)`` that hold something and have not become orders."""
    if not names:
        return set()
    return {(row.shop, row.hold_id) for row in _OF_NO_ORDER(view, names)}


def units_of(view: Connection, shop: str, hold_id: str) -> Mapping[tuple[int, int], int]:
    """What is held, by item and location."""
    table = stock_holds.c
    rows = view.execute(select(stock_holds).where(table.shop == shop, table.hold_id == hold_id))
    return {(row.inventory_item_id, row.location_id): row.units for row in rows}


def of_cart(cart_token: str) -> str:
    """The name of the hold of a cart, by its bare token."""
    return f"cart:{cart_token}"[:80]


def _lock(work: Connection, shop: str, keys: Iterable[tuple[int, int]]) -> None:
    """Nobody else takes from these levels until the commit; always in the same order."""
    table = levels.c
    where = among(work, (table.inventory_item_id, table.location_id), list(keys))
    work.execute(
        select(table.available)
        .where(table.shop == shop, where)
        .order_by(table.inventory_item_id, table.location_id)
        .with_for_update()
    ).all()


def _at(shop: str, level: Level) -> tuple[Any, ...]:
    table = stock_holds.c
    return (
        table.shop == shop,
        table.inventory_item_id == level.inventory_item_id,
        table.location_id == level.location_id,
    )


def _row(
    shop: str, hold_id: str, key: tuple[int, int], units: int, until: datetime
) -> dict[str, Any]:
    return {
        "shop": shop,
        "hold_id": hold_id,
        "inventory_item_id": key[0],
        "location_id": key[1],
        "units": units,
        "expires_at": until,
        "order_id": None,
    }


def _key(hold_id: str, until: datetime) -> str:
    return f"hold:{sha256(hold_id.encode()).hexdigest()[:24]}:{until.timestamp():.6f}"
