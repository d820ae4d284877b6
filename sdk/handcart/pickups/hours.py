"""When a store is open, in UTC, day by day of its own zone.

Hours are read by opening-hours-py (OpenStreetMap's syntax, public holidays of a country included)
without a zone, and put on the clock here: a time that a change of clocks skips is the moment of
the change, and one that it repeats is the first of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from opening_hours import (  # type: ignore[attr-defined]
    OpeningHours,
    ParserError,
    State,
    UnknownCountryError,
)

from ..errors import BadInput

Span = tuple[datetime, datetime]
# Nobody is promised anything later than that.
HORIZON = timedelta(days=60)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """On ``day`` other hours hold: ``10:00-12:00`` and so on, or ``off``."""

    day: date
    hours: str

    def rule(self) -> str:
        return f"{self.day.year} {_MONTHS[self.day.month - 1]} {self.day.day} {self.hours}"


@dataclass(frozen=True, slots=True)
class StoreHours:
    """``weekly`` in OpenStreetMap's syntax; blank or unreadable means that the store is closed.

    ``country`` (ISO 3166, or empty) says which public holidays ``PH`` means.
    """

    weekly: str
    zone: ZoneInfo
    special: tuple[SpecialDay, ...] = ()
    country: str = ""

    def open_on(self, day: date) -> tuple[Span, ...]:
        """From when to when it is open on a day of its own, in UTC."""
        reader = _reader(self._rules(), self.country)
        if reader is None:
            return ()
        start = datetime.combine(day, time())
        found = reader.intervals(start, start + timedelta(days=1))
        spans = (
            (on_the_clock(begin, self.zone), on_the_clock(end, self.zone))
            for begin, end, state, _ in found
            if state == State.OPEN
        )
        return tuple(span for span in spans if span[0] < span[1])

    def spans(self, start: datetime) -> Iterator[Span]:
        """When it is open from ``start`` on, as far as anything is promised."""
        day = start.astimezone(self.zone).date() - timedelta(days=1)
        for _ in range(HORIZON.days + 2):
            for begin, end in self.open_on(day):
                if end > start:
                    yield max(begin, start), end
            day += timedelta(days=1)

    def _rules(self) -> str:
        special = [one.rule() for one in self.special]
        return "; ".join([self.weekly, *special]) if self.weekly.strip() else ""


def check(hours: str, *, country: str = "") -> str:
    """``hours`` if they can be read; raises BadInput otherwise."""
    if hours.strip() and _reader(hours, country) is None:
        raise BadInput("hours_malformed", "these are no opening hours")
    return hours


def on_the_clock(local: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which clocks in ``zone`` show ``local``, which has no zone itself."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == local:
        return first
    return _change_between(local.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The minute at which the clocks of ``zone`` are put forward."""
    offset = before.astimezone(zone).utcoffset()
    moment = before
    while moment < after and moment.astimezone(zone).utcoffset() == offset:
        moment += _MINUTE
    return moment


@lru_cache(maxsize=512)
def _reader(rules: str, country: str) -> OpeningHours | None:
    if not rules.strip():
        return None
    try:
        return OpeningHours(rules, country=country or None)
    except (ParserError, UnknownCountryError):
        return None
