"""Slots and who has a part of them: a slot never takes more than its capacity.

One statement guards that: it adds to what is used only where it still fits, so that of many who
ask at the same moment only as many succeed. A booking with ``expires_at`` is a hold: once that
has passed its room goes to whoever asks next.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from ..storage.upsert import upsert
from .tables import slot_bookings, slots


class Slot(NamedTuple):
    """A slot of one store, by when it begins."""

    location_id: int
    starts_at: datetime


def of_pickup(pickup_id: str) -> str:
    """The name of a pickup's own booking."""
    return f"pickup:{pickup_id}"


def book(
    work: Connection,
    shop: str,
    slot: Slot,
    *,
    booking_id: str,
    amount: int,
    capacity: int,
    at: datetime,
    expires_at: datetime | None = None,
) -> bool:
    """``booking_id`` has ``amount`` of the slot, and of no other any more; False when it is full.

    ``capacity`` 0 is any. Asked again for what it has, it keeps it, with as much more or less as it
    needs by now; a hold becomes a booking.
    """
    _let_go_expired(work, shop, slot, at=at)
    kept = _booked(work, shop, booking_id)
    if kept and kept[0] == slot:
        if not _grow(work, shop, slot, more=amount - kept[1], capacity=capacity):
            return False
        _keep(work, shop, booking_id, amount=amount, expires_at=expires_at)
        return True
    if not _take(work, shop, slot, amount=amount, capacity=capacity):
        return False
    release(work, shop, booking_id)
    work.execute(
        insert(slot_bookings).values(
            shop=shop,
            booking_id=booking_id,
            location_id=slot.location_id,
            starts_at=slot.starts_at,
            amount=amount,
            expires_at=expires_at,
        )
    )
    return True


def claim(
    work: Connection,
    shop: str,
    hold_id: str,
    *,
    booking_id: str,
    at: datetime,
    expires_at: datetime | None = None,
) -> bool:
    """What was held is booked under another name, for good unless it is to be held on; False
    when the hold had run out.
    """
    claimed = work.execute(
        update(slot_bookings)
        .where(
            slot_bookings.c.shop == shop,
            slot_bookings.c.booking_id == hold_id,
            slot_bookings.c.expires_at > at,
        )
        .values(booking_id=booking_id, expires_at=expires_at)
    )
    return claimed.rowcount == 1


def release(work: Connection, shop: str, booking_id: str) -> bool:
    """The room is free again; False when there was no such booking, so that it is free once."""
    gone = work.execute(
        delete(slot_bookings)
        .where(slot_bookings.c.shop == shop, slot_bookings.c.booking_id == booking_id)
        .returning(slot_bookings.c.location_id, slot_bookings.c.starts_at, slot_bookings.c.amount)
    ).one_or_none()
    if gone is None:
        return False
    _give_back(work, shop, Slot(gone.location_id, gone.starts_at), amount=gone.amount)
    return True


def ran_out(work: Connection, shop: str, hold_id: str, *, at: datetime) -> bool:
    """The room is free again if the hold has run out; False when it was extended, or gone before.

    Nobody else can extend it meanwhile: the row is looked at until the commit.
    """
    mine = slot_bookings.c.shop == shop, slot_bookings.c.booking_id == hold_id
    until = select(slot_bookings.c.expires_at).where(*mine).with_for_update()
    expires_at = work.execute(until).scalar_one_or_none()
    return expires_at is not None and expires_at <= at and release(work, shop, hold_id)


def booking_of(view: Connection, shop: str, booking_id: str) -> Slot | None:
    booked = _booked(view, shop, booking_id)
    return booked[0] if booked else None


def used(
    view: Connection,
    shop: str,
    location_id: int,
    *,
    since: datetime,
    at: datetime,
    but: str = "",
) -> Mapping[datetime, int]:
    """How much of each slot from ``since`` on is taken, by others than ``but``; holds that have
    run out take nothing.
    """
    rows = view.execute(
        select(slot_bookings.c.starts_at, func.sum(slot_bookings.c.amount))
        .where(
            slot_bookings.c.shop == shop,
            slot_bookings.c.location_id == location_id,
            slot_bookings.c.starts_at >= since,
            slot_bookings.c.booking_id != but,
            or_(slot_bookings.c.expires_at.is_(None), slot_bookings.c.expires_at > at),
        )
        .group_by(slot_bookings.c.starts_at)
    )
    return {starts_at: int(amount) for starts_at, amount in rows}


def _booked(view: Connection, shop: str, booking_id: str) -> tuple[Slot, int] | None:
    row = view.execute(
        select(
            slot_bookings.c.location_id, slot_bookings.c.starts_at, slot_bookings.c.amount
        ).where(slot_bookings.c.shop == shop, slot_bookings.c.booking_id == booking_id)
    ).one_or_none()
    return (Slot(row.location_id, row.starts_at), row.amount) if row else None


def _grow(work: Connection, shop: str, slot: Slot, *, more: int, capacity: int) -> bool:
    if more > 0:
        return _take(work, shop, slot, amount=more, capacity=capacity)
    _give_back(work, shop, slot, amount=-more)
    return True


def _keep(
    work: Connection, shop: str, booking_id: str, *, amount: int, expires_at: datetime | None
) -> None:
    work.execute(
        update(slot_bookings)
        .where(slot_bookings.c.shop == shop, slot_bookings.c.booking_id == booking_id)
        .values(amount=amount, expires_at=expires_at)
    )


def _let_go_expired(work: Connection, shop: str, slot: Slot, *, at: datetime) -> None:
    gone = work.execute(
        delete(slot_bookings)
        .where(
            slot_bookings.c.shop == shop,
            slot_bookings.c.location_id == slot.location_id,
            slot_bookings.c.starts_at == slot.starts_at,
            slot_bookings.c.expires_at <= at,
        )
        .returning(slot_bookings.c.amount)
    )
    amount = sum(row.amount for row in gone)
    if amount:
        _give_back(work, shop, slot, amount=amount)


def _take(work: Connection, shop: str, slot: Slot, *, amount: int, capacity: int) -> bool:
    work.execute(
        upsert(work, slots)
        .values(shop=shop, location_id=slot.location_id, starts_at=slot.starts_at, used=0)
        .on_conflict_do_nothing()
    )
    fits = slots.c.used + amount <= capacity if capacity else slots.c.used >= 0
    taken = work.execute(
        update(slots).where(_one(shop, slot), fits).values(used=slots.c.used + amount)
    )
    return taken.rowcount == 1


def _give_back(work: Connection, shop: str, slot: Slot, *, amount: int) -> None:
    work.execute(update(slots).where(_one(shop, slot)).values(used=slots.c.used - amount))


def _one(shop: str, slot: Slot) -> ColumnElement[bool]:
    return and_(
        slots.c.shop == shop,
        slots.c.location_id == slot.location_id,
        slots.c.starts_at == slot.starts_at,
    )
