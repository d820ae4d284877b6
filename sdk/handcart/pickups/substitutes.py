"""What the store would give in the place of something that is missing, and holds once it is taken.

Staff name it by what is printed on it; the shopper is shown only what there is enough of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from ..errors import BadInput
from ..stock import Item, availability, holds
from ..stock import store as stock_store
from .lines import PickupLine
from .model import Pickup
from .states import Act, State
from .tables import pickup_substitutes

MOST = 3
_LONGEST = 255
# Until the platform has changed the order; then the order has it.
HELD_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Offer:
    """``units`` of ``title`` in the place of as many that are missing of a line."""

    line_id: int
    missing: str
    variant_id: int
    title: str
    units: int


def keep(
    work: Connection,
    shop: str,
    pickup: Pickup,
    named: Mapping[int, Sequence[str]],
    *,
    by: str,
    at: datetime,
) -> None:
    """Line id to codes (barcode, SKU, or a name that is one item's) of what may take its place.

    They replace what was offered for that line before. Raises BadInput: ``nothing_missing`` (of
    the line), ``substitutes_too_many``, ``substitute_unknown`` and ``substitute_same``.
    """
    short = {line.line_id: line for line in pickup.lines if line.missing}
    for line_id, codes in named.items():
        if line_id not in short:
            raise BadInput("nothing_missing", "say how many units of the line are missing")
        items = _items(work, shop, short[line_id], codes)
        work.execute(delete(pickup_substitutes).where(*_of_line(shop, pickup, line_id)))
        for place, item in enumerate(items):
            work.execute(
                insert(pickup_substitutes).values(
                    shop=shop,
                    pickup_id=pickup.pickup_id,
                    line_id=line_id,
                    variant_id=item.variant_id,
                    place=place,
                    title=item.title,
                    by=by,
                    at=at,
                )
            )


def offers(view: Connection, shop: str, pickup: Pickup, *, at: datetime) -> tuple[Offer, ...]:
    """What the shopper can have instead of what is missing: of each enough for all of its line."""
    if pickup.state is not State.SHORT or pickup.held:
        return ()
    table = pickup_substitutes.c
    rows = view.execute(
        select(pickup_substitutes)
        .where(table.shop == shop, table.pickup_id == pickup.pickup_id)
        .order_by(table.line_id, table.place)
    )
    short = {line.line_id: line for line in pickup.lines if line.missing}
    named = [
        Offer(row.line_id, line.title, row.variant_id, row.title, line.missing)
        for row in rows
        if (line := short.get(row.line_id))
    ]
    return tuple(one for one in named if _has(view, shop, pickup, one, at=at))


def forget(work: Connection, shop: str, pickup: Pickup, *, line_id: int, variant_id: int) -> None:
    """It is offered no more: the platform would not have it."""
    mine = _of_line(shop, pickup, line_id)
    work.execute(
        delete(pickup_substitutes).where(*mine, pickup_substitutes.c.variant_id == variant_id)
    )


def hold(work: Connection, shop: str, pickup: Pickup, taken: Offer, *, at: datetime) -> None:
    """Nobody else gets it; raises RuleBroken (``stock_short``)."""
    holds.place(
        work,
        shop,
        _hold(pickup),
        [(taken.variant_id, taken.units)],
        location_id=pickup.location_id,
        channel="pickup",
        at=at,
        until=at + HELD_FOR,
    )


def let_go(
    work: Connection, shop: str, before: Pickup, after: Pickup, act: Act, *, at: datetime
) -> None:
    """A pickup that waits for it no more: the order has it now, or anybody can."""
    if before.state is not State.SUBSTITUTING or after.state is State.SUBSTITUTING:
        return
    if act in (Act.EXCHANGE, Act.CORRECT):
        holds.bought(work, shop, _hold(before), order_id=before.order_id, at=at)
    else:
        holds.release(work, shop, _hold(before), at=at)


def _items(view: Connection, shop: str, line: PickupLine, codes: Sequence[str]) -> dict[Item, None]:
    """Each once, in the order in which they were named."""
    found: dict[Item, None] = {}
    for code in codes:
        text = code.strip()[:_LONGEST]
        items = stock_store.find_items(view, shop, text, limit=2) if text else ()
        if len(items) != 1:
            raise BadInput("substitute_unknown", f"no one item of the shop is {text!r}")
        if items[0].variant_id == line.variant_id:
            raise BadInput("substitute_same", "that is what is missing")
        found[items[0]] = None
    if len(found) > MOST:
        raise BadInput("substitutes_too_many", f"at most {MOST} for a line")
    return found


def _has(view: Connection, shop: str, pickup: Pickup, one: Offer, *, at: datetime) -> bool:
    wanted, place = [(one.variant_id, one.units)], pickup.location_id
    return not availability.short_of(view, shop, wanted, location_id=place, channel="pickup", at=at)


def _of_line(shop: str, pickup: Pickup, line_id: int) -> tuple[ColumnElement[bool], ...]:
    table = pickup_substitutes.c
    return (table.shop == shop, table.pickup_id == pickup.pickup_id, table.line_id == line_id)


def _hold(pickup: Pickup) -> str:
    return f"substitute:{pickup.pickup_id}"
