"""When goods can be collected: counted in minutes in which the store is open. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta

from .hours import HORIZON, StoreHours
from .rules import StoreRules

_DAY = timedelta(days=1)


def ready_from(
    hours: StoreHours, rules: StoreRules, *, at: datetime, prep: timedelta
) -> datetime | None:
    """The first moment at which what is ordered ``at`` can lie at the counter.

    After the day's cut-off, work begins with the next day's opening. None when the store does not
    open for long enough within the next two months.
    """
    return after_open(hours, start=_work_begins(hours, rules, at), minutes=prep)


def after_open(hours: StoreHours, *, start: datetime, minutes: timedelta) -> datetime | None:
    """The moment at which the store has been open for ``minutes`` since ``start``."""
    left = minutes
    for begin, end in hours.spans(start):
        if left <= end - begin:
            return begin + left
        left -= end - begin
    return None


def slots(hours: StoreHours, rules: StoreRules, *, after: datetime) -> Iterator[datetime]:
    """Every slot that begins at ``after`` or later; counted from each opening of the store."""
    if not rules.slot_minutes:
        return
    length = timedelta(minutes=rules.slot_minutes)
    day = after.astimezone(hours.zone).date() - _DAY
    last = after + HORIZON
    while True:
        for begin, end in hours.open_on(day):
            start = begin
            while start + length <= end or (rules.last_at_close and start == end):
                if start > last:
                    return
                if start >= after:
                    yield start
                start += length
        day += _DAY
        if day > last.astimezone(hours.zone).date():
            return


def earliest(
    hours: StoreHours,
    rules: StoreRules,
    *,
    at: datetime,
    prep: timedelta,
    has_room: Callable[[datetime], bool],
) -> datetime | None:
    """What can be promised: the first slot with room, or simply when the goods will be ready."""
    ready = ready_from(hours, rules, at=at, prep=prep)
    if ready is None or not rules.slot_minutes:
        return ready
    return next((slot for slot in slots(hours, rules, after=ready) if has_room(slot)), None)


def kept_until(hours: StoreHours, *, at: datetime, keeps: timedelta) -> datetime:
    """The closing time of the day on which ``keeps`` is over, or of the next that it opens."""
    until = at + keeps
    day = until.astimezone(hours.zone).date()
    for _ in range(14):
        spans = hours.open_on(day)
        if spans and spans[-1][1] > at:
            return spans[-1][1]
        day += _DAY
    return until


def _work_begins(hours: StoreHours, rules: StoreRules, at: datetime) -> datetime:
    local = at.astimezone(hours.zone)
    cut_off = rules.cut_off_on(local.date())
    if cut_off is None or local.time() < cut_off:
        return at
    return datetime.combine(local.date() + _DAY, time(), hours.zone)
