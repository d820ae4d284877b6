"""What became of pickups, day by day: how long they took, who waited, what was short; no I/O.

A rate is of those that it can be said of: on time of those that were promised and got ready,
no-show of those that have ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Journey:
    """The moments of one pickup; None for what has not happened, or never will."""

    location_id: int
    requested_at: datetime
    promised_at: datetime | None = None
    ready_at: datetime | None = None
    here_at: datetime | None = None
    given_at: datetime | None = None
    ended: bool = False
    short: bool = False
    no_show: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some pickups. Minutes are medians, rates from 0 to 1, None where nothing can be said."""

    orders: int
    ready_minutes: float | None
    ready_minutes_most: float | None
    on_time: float | None
    wait_minutes: float | None
    no_show: float | None
    short: float | None


@dataclass(frozen=True, slots=True)
class Day:
    """The pickups that were asked for on one day of the shop."""

    day: date
    figures: Figures


def figures_of(journeys: Sequence[Journey]) -> Figures:
    """``ready_minutes_most``: nine in ten were ready within so long."""
    ready = sorted(
        _minutes(each.ready_at - each.requested_at) for each in journeys if each.ready_at
    )
    waits = [
        _minutes(each.given_at - each.here_at)
        for each in journeys
        if each.here_at and each.given_at and each.given_at >= each.here_at
    ]
    due = [each for each in journeys if each.promised_at and each.ready_at]
    ended = [each for each in journeys if each.ended]
    return Figures(
        orders=len(journeys),
        ready_minutes=median(ready) if ready else None,
        ready_minutes_most=ready[(len(ready) * 9 - 1) // 10] if ready else None,
        on_time=_share(due, [each for each in due if _on_time(each)]),
        wait_minutes=median(waits) if waits else None,
        no_show=_share(ended, [each for each in ended if each.no_show]),
        short=_share(journeys, [each for each in journeys if each.short]),
    )


def by_day(
    journeys: Iterable[Journey], *, zone: ZoneInfo, first: date, last: date
) -> tuple[Day, ...]:
    """One entry for each day from ``first`` to ``last``, also where nothing was asked for."""
    days: dict[date, list[Journey]] = {
        first + timedelta(days=number): [] for number in range((last - first).days + 1)
    }
    for each in journeys:
        day = each.requested_at.astimezone(zone).date()
        if day in days:
            days[day].append(each)
    return tuple(Day(day, figures_of(found)) for day, found in days.items())


def _on_time(journey: Journey) -> bool:
    return bool(
        journey.ready_at and journey.promised_at and journey.ready_at <= journey.promised_at
    )


def _minutes(span: timedelta) -> float:
    return span.total_seconds() / 60


def _share(all_of: Sequence[Journey], some: Sequence[Journey]) -> float | None:
    return len(some) / len(all_of) if all_of else None
