"""When a job is due: ``every="1h"`` or ``daily="03:30"``. No clock and no I/O.

A schedule is a row of slots. At any moment exactly one of them is the latest that has begun, so
whoever has slept for long finds one slot to make up for and not a hundred.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import WiringError

_EVERY = re.compile(r"([1-9][0-9]{0,3})([mhd])")
_DAILY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at which a job is due; no two slots of a schedule have the same ``name``."""

    name: str
    at: datetime


class Schedule(Protocol):
    def slot(self, at: datetime, *, zone: str) -> Slot:
        """The latest slot that begins at ``at`` or before; ``zone`` is where the shop lies."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """Slots lie at multiples of ``period`` since 1970 in UTC, so all processes agree on them."""

    period: timedelta

    def slot(self, at: datetime, *, zone: str) -> Slot:
        begins = at - (at - _EPOCH) % self.period
        return Slot(f"{begins:%Y-%m-%dT%H:%MZ}", begins)


@dataclass(frozen=True, slots=True)
class Daily:
    """One slot for each date where ``zone`` is (the shop's zone when None).

    A slot belongs to its date, so a clock that is put back does not bring it again. A time that
    is left out that night comes as much later as the clock was put forward; of one that comes
    twice the first counts.
    """

    time: time
    zone: str | None = None

    def slot(self, at: datetime, *, zone: str) -> Slot:
        where = _known(self.zone or zone)
        today = at.astimezone(where).date()
        begins = self._begins(today, where)
        if begins > at:
            today -= timedelta(days=1)
            begins = self._begins(today, where)
        return Slot(today.isoformat(), begins)

    def _begins(self, day: date, where: ZoneInfo) -> datetime:
        return datetime.combine(day, self.time, tzinfo=where).astimezone(UTC)


def schedule(*, every: str | None, daily: str | None, zone: str | None) -> Schedule:
    """Read what a developer wrote; WiringError for what is no schedule."""
    if every is not None and daily is None and zone is None:
        return _every(every)
    if daily is not None and every is None:
        return _daily(daily, zone)
    raise WiringError(
        "schedule_unreadable", 'say every="1h" or daily="03:30", the latter in a zone'
    )


def _known(zone: str) -> ZoneInfo:
    """The zone, or UTC for one that is newer than this machine's table of them."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _every(text: str) -> Every:
    found = _EVERY.fullmatch(text)
    if found is None:
        raise WiringError("schedule_unreadable", f'every="{text}": write 15m, 1h or 1d')
    return Every(int(found[1]) * _UNITS[found[2]])


def _daily(text: str, zone: str | None) -> Daily:
    found = _DAILY.fullmatch(text)
    if found is None:
        raise WiringError("schedule_unreadable", f'daily="{text}": write 03:30')
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise WiringError("zone_unknown", f"{zone} is no IANA time zone") from None
    return Daily(time(int(found[1]), int(found[2])), zone)
