"""What a store promises, and how it keeps it: set by the merchant, location by location."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from ..errors import BadInput
from .hours import SpecialDay, check
from .policy import Policy

CAPACITIES = ("orders", "items", "minutes")
_LONGEST = 60 * 24 * 7


@dataclass(frozen=True, slots=True)
class StoreRules:
    """``prep_minutes`` of open time for an order; ``slot_minutes`` 0 means that there are no slots.

    A slot takes ``slot_capacity`` (0: any number) of orders, items or minutes of preparation, as
    ``capacity_in`` says. ``cut_offs``: weekday (0 is Monday) to the time after which work begins
    on the next day; a special day may have its own.
    """

    prep_minutes: int = 60
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

    def cut_off_on(self, day: date) -> time | None:
        return self.special_cut_offs.get(day, self.cut_offs.get(day.weekday()))

    def needs(self, units: int) -> int:
        """How much of a slot an order of that many units takes."""
        return {"orders": 1, "items": units, "minutes": self.prep_minutes}[self.capacity_in]

    @property
    def prep(self) -> timedelta:
        return timedelta(minutes=self.prep_minutes)

    @property
    def policy(self) -> Policy:
        return Policy(
            unseen=timedelta(minutes=self.unseen_minutes),
            keeps=timedelta(days=self.keeps_days),
            extends=timedelta(days=self.extends_days),
            extensions=self.extensions,
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
    if rules.capacity_in not in CAPACITIES:
        raise BadInput("capacity_unknown", "slots are limited in orders, items or minutes")
    if rules.time_zone and rules.time_zone not in available_timezones():
        raise BadInput("time_zone_unknown", "there is no such time zone")
    for day in rules.special:
        check(day.rule())
    return rules


def zone_of(rules: StoreRules, shop_zone: str) -> ZoneInfo:
    """The store's own zone, else the shop's, else UTC."""
    for name in (rules.time_zone, shop_zone):
        if name in available_timezones():
            return ZoneInfo(name)
    return ZoneInfo("UTC")


def to_json(rules: StoreRules) -> dict[str, Any]:
    plain = {name: getattr(rules, name) for name in _PLAIN}
    return plain | {
        "cut_offs": {str(day): f"{at:%H:%M}" for day, at in rules.cut_offs.items()},
        "special": [[one.day.isoformat(), one.hours] for one in rules.special],
        "special_cut_offs": {
            day.isoformat(): f"{at:%H:%M}" for day, at in rules.special_cut_offs.items()
        },
    }


def from_json(kept: Mapping[str, Any]) -> StoreRules:
    """The rules back; what a later version added is left out, what is missing is as usual."""
    return StoreRules(
        **{name: kept[name] for name in _PLAIN if name in kept},
        cut_offs={int(day): time.fromisoformat(at) for day, at in kept.get("cut_offs", {}).items()},
        special=tuple(
            SpecialDay(date.fromisoformat(day), hours) for day, hours in kept.get("special", ())
        ),
        special_cut_offs={
            date.fromisoformat(day): time.fromisoformat(at)
            for day, at in kept.get("special_cut_offs", {}).items()
        },
    )


_PLAIN = tuple(
    name for name in StoreRules.__slots__ if name not in ("cut_offs", "special", "special_cut_offs")
)
