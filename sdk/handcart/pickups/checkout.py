"""A checkout has its goods and its slot, both or neither, and the order that comes of it has them.

Goods, slot and order are claimed by one transaction each time: when the checkout begins, and when
the order is told. So nobody has a slot without goods or goods without a slot, and neither is ever
given twice. Goods alone are kept if the merchant wants that (``StockRules.hold_minutes``); with a
slot they always are, since a slot that is not kept can be promised to nobody. No shopper is shown
a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..errors import RuleBroken
from ..stock import holds
from ..stock.rules import rule_book
from . import orders, planning, slots, store
from .how import How
from .model import Pickup
from .slots import Slot
from .states import Act
from .steps import take

# An order is routed within seconds; its slot waits for that, and not for ever.
_ROUTED_WITHIN = timedelta(hours=1)
# For so many minutes a slot is kept by a shop that has not said for how long.
SLOT_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Basket:
    """What is to be collected where, and in which slot if the store has some.

    ``lines``: ``(variant, units)``, a variant in any number of lines.
    """

    location_id: int
    lines: Sequence[tuple[int, int]]
    starts_at: datetime | None = None

    @property
    def units(self) -> int:
        return sum(units for _, units in self.lines)


def reserve(work: Connection, shop: str, hold_id: str, basket: Basket, *, at: datetime) -> datetime:
    """``hold_id`` has the goods and the slot until the moment returned, and nothing else.

    Raises RuleBroken: ``holds_off`` when the merchant does not want it, ``stock_short``,
    ``slot_full``; NotFound: ``slot_unknown``. Nothing is held then, if the caller rolls back.
    """
    minutes = rule_book(work, shop).hold_minutes
    if not minutes and basket.starts_at is not None:
        minutes = SLOT_MINUTES
    if not minutes:
        raise RuleBroken("holds_off", "this shop keeps nothing for a checkout")
    until = at + timedelta(minutes=minutes)
    holds.place(
        work,
        shop,
        hold_id,
        basket.lines,
        location_id=basket.location_id,
        channel="pickup",
        at=at,
        until=until,
    )
    if basket.starts_at is None:
        slots.release(work, shop, hold_id)
        return until
    slot = Slot(basket.location_id, basket.starts_at)
    variants = [variant_id for variant_id, _ in basket.lines]
    planning.refuse_unknown_slot(work, shop, slot, variants, at=at)
    planning.hold(
        work,
        shop,
        slot,
        hold_id=hold_id,
        units=basket.units,
        variants=variants,
        at=at,
        until=until,
    )
    return until


def release(work: Connection, shop: str, hold_id: str, *, at: datetime) -> bool:
    """Goods and slot are free again, once; False when there was nothing."""
    goods = holds.release(work, shop, hold_id, at=at)
    return slots.release(work, shop, hold_id) or goods


def ran_out(work: Connection, shop: str, hold_id: str, *, at: datetime) -> bool:
    """What of the checkout has not come to its end in time is free again."""
    goods = holds.ran_out(work, shop, hold_id, at=at)
    return slots.ran_out(work, shop, hold_id, at=at) or goods


def ordered(work: Connection, shop: str, hold_id: str, *, order_id: int, at: datetime) -> None:
    """The checkout became an order: its goods are not sold to others before the platform says
    that they are gone, and its slot is the pickup's, whichever of both is told first. An order that
    was cancelled before it was known keeps nothing.
    """
    known = orders.facts(work, shop, order_id)
    if known and known.cancelled_at:
        release(work, shop, hold_id, at=at)
        return
    holds.bought(work, shop, hold_id, order_id=order_id, at=at)
    until = at + _ROUTED_WITHIN
    name = _of_order(order_id)
    if not slots.claim(work, shop, hold_id, booking_id=name, at=at, expires_at=until):
        return
    for pickup in store.of_order(work, shop, order_id):
        if pickup.open:
            _give(work, shop, pickup, at=at)
            return


def cancelled(work: Connection, shop: str, order_id: int) -> None:
    """Others may have the slot of an order that nobody routes any more."""
    slots.release(work, shop, _of_order(order_id))


def held_slot(work: Connection, shop: str, pickup: Pickup, *, at: datetime) -> datetime | None:
    """The slot that was held for this pickup's order at its store; now it is the pickup's."""
    name = _of_order(pickup.order_id)
    slot = slots.booking_of(work, shop, name)
    if slot is None or slot.location_id != pickup.location_id:
        return None
    own = slots.of_pickup(pickup.pickup_id)
    slots.release(work, shop, own)
    return slot.starts_at if slots.claim(work, shop, name, booking_id=own, at=at) else None


def orders_seen(work: Connection, seen: Sequence[tuple[str, str, int]], *, at: datetime) -> None:
    """Of orders ``(shop, cart token, order)`` those that come of a checkout have what it held."""
    named: Mapping[tuple[str, str], int] = {
        (shop, holds.of_cart(token)): order_id for shop, token, order_id in seen
    }
    for shop, hold_id in sorted(holds.known(work, list(named))):
        ordered(work, shop, hold_id, order_id=named[shop, hold_id], at=at)


def _give(work: Connection, shop: str, pickup: Pickup, *, at: datetime) -> None:
    starts_at = held_slot(work, shop, pickup, at=at)
    if starts_at is not None and starts_at != pickup.promised_at:
        take(work, shop, pickup, Act.PROMISE, How("platform", at, "chosen", until=starts_at))


def _of_order(order_id: int) -> str:
    return f"order:{order_id}"
