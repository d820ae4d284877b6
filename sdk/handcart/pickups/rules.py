"""What a store promises, and how it keeps it: set by the merchant, location by location."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from ..errors import BadInput
from .hours import SpecialDay, check
from .policy import Policy

CAPACITIES = ("orders", "items", "minutes")
_LONGEST = 60 * 24 * 7


@dataclass(frozen=True, slots=True)
class ProductPrep:
    """An order with one of these variants takes so many minutes of open time."""

    product_id: int
    title: str
    variants: tuple[int, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class StoreRules:
    """``prep_minutes`` of open time for an order; ``slot_minutes`` 0 means that there are no slots.

    A slot takes ``slot_capacity`` (0: any number) of orders, items or minutes of preparation, as
    ``capacity_in`` says. ``cut_offs``: weekday (0 is Monday) to the time after which work begins
    on the next day; a special day may have its own. ``hours`` in OpenStreetMap's syntax; empty
    means those that the platform tells of the location. No mail is sent from ``quiet_from`` to
    ``quiet_until`` on the store's clock; equal times mean that no hour is quiet. What nobody came
    for is refunded with ``refunds_no_show``, else only put back on the shelf.
    """

    hours: str = ""
    prep_minutes: int = 60
    product_prep: tuple[ProductPrep, ...] = ()
    slot_minutes: int = 0
    slot_capacity: int = 0
    capacity_in: str = "orders"
    last_at_close: bool = False
    cut_offs: Mapping[int, time] = field(default_factory=dict)
    special: tuple[SpecialDay, ...] = ()
    special_cut_offs: Mapping[date, time] = field(default_factory=dict)
    country: str = ""
    time_zone: str = ""
    unseen_minutes: int = 15
    keeps_days: int = 7
    extends_days: int = 3
    extensions: int = 1
    refunds_no_show: bool = True
    mails: bool = True
    quiet_from: time = time(21)
    quiet_until: time = time(8)

    def cut_off_on(self, day: date) -> time | None:
        return self.special_cut_offs.get(day, self.cut_offs.get(day.weekday()))

    def needs(self, units: int, variants: Iterable[int | None] = ()) -> int:
        """How much of a slot an order of that many units, of those variants, takes."""
        minutes = self.minutes_of(variants)
        return {"orders": 1, "items": units, "minutes": minutes}[self.capacity_in]

    def prep(self, variants: Iterable[int | None] = ()) -> timedelta:
        """Open time that an order of those variants takes."""
        return timedelta(minutes=self.minutes_of(variants))

    def minutes_of(self, variants: Iterable[int | None]) -> int:
        """As many as the slowest of them; what has no time of its own takes the usual one."""
        own = {variant: one.minutes for one in self.product_prep for variant in one.variants}
        minutes = [own.get(each or 0, self.prep_minutes) for each in variants]
        return max(minutes, default=self.prep_minutes)

    @property
    def policy(self) -> Policy:
        return Policy(
            unseen=timedelta(minutes=self.unseen_minutes),
            keeps=timedelta(days=self.keeps_days),
            extends=timedelta(days=self.extends_days),
            extensions=self.extensions,
            refunds_no_show=self.refunds_no_show,
        )


def checked(rules: StoreRules) -> StoreRules:
    """``rules`` if a store can be run by them; raises BadInput with the code of what is wrong."""
    counts = {
        "prep_minutes": (0, _LONGEST),
        "slot_minutes": (0, 24 * 60),
        "slot_capacity": (0, 100_000),
        "unseen_minutes": (1, _LONGEST),
        "keeps_days": (1, 90),
        "extends_days": (1, 90),
        "extensions": (0, 10),
    }
    for name, (least, most) in counts.items():
        if not least <= getattr(rules, name) <= most:
            raise BadInput("rule_out_of_range", f"{name} is between {least} and {most}")
    if any(not 0 <= one.minutes <= _LONGEST for one in rules.product_prep):
        raise BadInput("rule_out_of_range", f"minutes are between 0 and {_LONGEST}")
    if rules.capacity_in not in CAPACITIES:
        raise BadInput("capacity_unknown", "slots are limited in orders, items or minutes")
    if rules.time_zone and rules.time_zone not in _zones():
        raise BadInput("time_zone_unknown", "there is no such time zone")
    check(rules.hours, country=rules.country)
    for day in rules.special:
        check(day.rule())
    return rules


def zone_of(rules: StoreRules, shop_zone: str) -> ZoneInfo:
    """The store's own zone, else the shop's, else UTC."""
    for name in (rules.time_zone, shop_zone):
        if name in _zones():
            return ZoneInfo(name)
    return ZoneInfo("UTC")


@cache
def _zones() -> frozenset[str]:
    """Looking for them reads a thousand files, each time."""
    return frozenset(available_timezones())


def to_json(rules: StoreRules) -> dict[str, Any]:
    plain = {name: getattr(rules, name) for name in _PLAIN}
    return plain | {
        "cut_offs": {str(day): _hour(at) for day, at in rules.cut_offs.items()},
        "special": [[one.day.isoformat(), one.hours] for one in rules.special],
        "special_cut_offs": {
            day.isoformat(): _hour(at) for day, at in rules.special_cut_offs.items()
        },
        "product_prep": [
            [one.product_id, one.title, list(one.variants), one.minutes]
            for one in rules.product_prep
        ],
        "quiet_from": _hour(rules.quiet_from),
        "quiet_until": _hour(rules.quiet_until),
    }


def from_json(kept: Mapping[str, Any]) -> StoreRules:
    """The rules back; what a later version added is left out, what is missing is as usual."""
    return StoreRules(
        **{name: kept[name] for name in _PLAIN if name in kept},
        quiet_from=time.fromisoformat(kept.get("quiet_from", "21:00")),
        quiet_until=time.fromisoformat(kept.get("quiet_until", "08:00")),
        cut_offs={int(day): time.fromisoformat(at) for day, at in kept.get("cut_offs", {}).items()},
        special=tuple(
            SpecialDay(date.fromisoformat(day), hours) for day, hours in kept.get("special", ())
        ),
        special_cut_offs={
            date.fromisoformat(day): time.fromisoformat(at)
            for day, at in kept.get("special_cut_offs", {}).items()
        },
        product_prep=tuple(
            ProductPrep(product_id, title, tuple(variants), minutes)
            for product_id, title, variants, minutes in kept.get("product_prep", ())
        ),
    )


def _hour(at: time) -> str:
    return f"{at:%H:%M}"


_SHAPED = {
    "cut_offs",
    "special",
    "special_cut_offs",
    "product_prep",
    "quiet_from",
    "quiet_until",
}
_PLAIN = tuple(name for name in StoreRules.__slots__ if name not in _SHAPED)
