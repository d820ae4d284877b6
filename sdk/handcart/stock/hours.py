"""Opening hours as rows for people, from the common part of OpenStreetMap's syntax.

``Mo-Fr 09:00-19:00; Sa 10:00-14:00,15:00-18:00; Su off`` (wiki.openstreetmap.org,
Key:opening_hours). Later rules replace earlier ones for their days; a day without a rule is
closed. What is more than that (months, holidays, sunrise) is not guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from itertools import groupby

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY = "|".join(_DAYS)
_RULE = re.compile(
    rf"(?:(?P<days>(?:{_DAY})(?:-(?:{_DAY}))?(?:,(?:{_DAY})(?:-(?:{_DAY}))?)*)\s+)?"
    r"(?P<times>off|closed|24/7|\d\d:\d\d-\d\d:\d\d(?:,\s*\d\d:\d\d-\d\d:\d\d)*)"
)
Span = tuple[time, time]


@dataclass(frozen=True, slots=True)
class OpenDays:
    """Neighbouring days (0 is Monday) from ``first`` to ``last`` with the same hours.

    No ``spans`` means closed; a span that ends at 00:00 ends at midnight.
    """

    first: int
    last: int
    spans: tuple[Span, ...]


def weekly_hours(opening_hours: str) -> tuple[OpenDays, ...] | None:
    """Monday to Sunday in as few rows as possible; None when the text says more than a week."""
    week: list[tuple[Span, ...]] = [()] * 7
    for rule in filter(None, (part.strip() for part in opening_hours.split(";"))):
        match = _RULE.fullmatch(rule)
        spans = _spans(match["times"]) if match else None
        if match is None or spans is None:
            return None
        for day in _days(match["days"]):
            week[day] = spans
    return _rows(week) if opening_hours.strip() else None


def _rows(week: list[tuple[Span, ...]]) -> tuple[OpenDays, ...]:
    rows, first = [], 0
    for spans, days in groupby(week):
        count = len(list(days))
        rows.append(OpenDays(first, first + count - 1, spans))
        first += count
    return tuple(rows)


def _days(text: str | None) -> list[int]:
    if text is None:
        return list(range(7))
    days: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        start, end = _DAYS.index(first), _DAYS.index(last or first)
        days += [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]
    return days


def _spans(text: str) -> tuple[Span, ...] | None:
    if text in ("off", "closed"):
        return ()
    if text == "24/7":
        return ((time(0), time(0)),)
    try:
        return tuple(_span(part.strip()) for part in text.split(","))
    except ValueError:
        return None


def _span(text: str) -> Span:
    start, _, end = text.partition("-")
    return time.fromisoformat(start), time(0) if end == "24:00" else time.fromisoformat(end)
