"""Stores to choose from: what each has of a cart, and what it can honestly promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from ..stock import Place, availability
from . import nearby, planning
from .hours import Span
from .nearby import Sought

MOST = 20
Lines = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """``lines``: ``(variant, units)``. What ``hold_id`` holds is there for whoever asks."""

    lines: Lines
    hold_id: str = ""

    @property
    def units(self) -> int:
        return sum(units for _, units in self.lines)

    @property
    def variants(self) -> list[int]:
        return [variant_id for variant_id, _ in self.lines]


@dataclass(frozen=True, slots=True)
class Choice:
    """One store. ``kilometres`` away, where that is known; ``missing``: variant to units that it
    does not have of what is wanted; ``available`` units of it when one variant is.

    ``earliest`` is when all of it could be collected there if it were ordered now, None when it
    cannot be said or had; ``slots`` are those with room, of ``slot_length``. ``today``: when it is
    open on this day of its own ``zone``.
    """

    place: Place
    kilometres: float | None
    missing: Mapping[int, int]
    available: int | None
    earliest: datetime | None
    slots: tuple[datetime, ...]
    slot_length: timedelta
    zone: ZoneInfo
    today: tuple[Span, ...]

    def in_days(self, moment: datetime, *, at: datetime) -> int:
        """How many days of the store lie between now and then: 0 is today."""
        return (moment.astimezone(self.zone).date() - at.astimezone(self.zone).date()).days


def stores_for(
    view: Connection, shop: str, wanted: Wanted, sought: Sought, *, at: datetime
) -> list[Choice]:
    """The stores that offer pickup, at most ``MOST``, in the order of ``nearby.in_order``."""
    short = availability.short_everywhere(view, shop, wanted.lines, at=at, hold_id=wanted.hold_id)
    there = _available(view, shop, wanted, at=at)
    ranked = nearby.in_order(list(short), sought)
    return [
        _choice(view, shop, place, wanted, short[place], far, there.get(place.location_id), at=at)
        for place, far in islice(ranked, MOST)
    ]


def _choice(
    view: Connection,
    shop: str,
    place: Place,
    wanted: Wanted,
    missing: Mapping[int, int],
    kilometres: float | None,
    available: int | None,
    *,
    at: datetime,
) -> Choice:
    plan = planning.plan_of(view, shop, place.location_id)
    offered = planning.Offer(None, ())
    if not missing:
        offered = planning.offered(
            view,
            shop,
            plan,
            at=at,
            units=wanted.units,
            variants=wanted.variants,
            hold_id=wanted.hold_id,
        )
    zone = plan.hours.zone
    return Choice(
        place=place,
        kilometres=kilometres,
        missing=missing,
        available=available,
        earliest=offered.earliest,
        slots=offered.slots,
        slot_length=timedelta(minutes=plan.rules.slot_minutes),
        zone=zone,
        today=plan.hours.open_on(at.astimezone(zone).date()),
    )


def _available(view: Connection, shop: str, wanted: Wanted, *, at: datetime) -> Mapping[int, int]:
    """Location to units, when one variant alone is wanted."""
    variants = set(wanted.variants)
    if len(variants) != 1:
        return {}
    found = availability.to_promise(
        view, shop, variants, channel="pickup", at=at, hold_id=wanted.hold_id
    )
    places = next(iter(found.values()), {})
    return {location_id: max(0, units) for location_id, units in places.items()}
