"""The rules of a store as a form, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from werkzeug.datastructures import MultiDict

from handcart.errors import BadInput
from handcart.pickups.hours import SpecialDay
from handcart.pickups.rules import ProductPrep, StoreRules
from handcart.platform.port import Product
from handcart.stock import weekly_hours
from handcart.stock.hours import Span

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
NUMBERS = (
    "prep_minutes",
    "slot_minutes",
    "slot_capacity",
    "unseen_minutes",
    "keeps_days",
    "extends_days",
    "extensions",
)
_ON_HOLIDAYS = "PH off"
_SPAN = re.compile(r"(\d?\d)[:.](\d\d)\s*[-\u2013\u2014]\s*(\d?\d)[:.](\d\d)")
# So many empty lines for days that are to come.
_SPARE = 3

Form = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Day:
    """A line of the week: ``hours`` as people write them, empty when closed."""

    number: int
    hours: str
    cut_off: str


@dataclass(frozen=True, slots=True)
class Special:
    """A line for one day of the calendar; all empty where a new one can be written."""

    day: str = ""
    hours: str = ""
    cut_off: str = ""


@dataclass(frozen=True, slots=True)
class StoreForm:
    """What the page shows. ``written`` are hours that are more than a plain week."""

    rules: StoreRules
    week: tuple[Day, ...]
    written: str
    closed_on_holidays: bool
    special: tuple[Special, ...]


def form_of(rules: StoreRules, told: str) -> StoreForm:
    """``told`` are the hours that the platform tells, which hold where the store has none."""
    hours = rules.hours or told
    plain, holidays = _without_holidays(hours)
    rows = weekly_hours(plain)
    spans = {day: row.spans for row in rows or () for day in range(row.first, row.last + 1)}
    cut_offs = {day: f"{at:%H:%M}" for day, at in rules.cut_offs.items()}
    return StoreForm(
        rules=rules,
        week=tuple(
            Day(day, _written(spans.get(day, ())), cut_offs.get(day, "")) for day in range(7)
        ),
        written="" if rows is not None else plain,
        closed_on_holidays=holidays,
        special=(*_special(rules), *(Special() for _ in range(_SPARE))),
    )


def rules_of(form: Form, *, was: StoreRules, told: str) -> StoreRules:
    """The rules that somebody wrote; raises BadInput for what cannot be read."""
    hours = _hours(form)
    special = list(_special_days(form))
    counts: dict[str, Any] = {name: _number(form, name) for name in NUMBERS}
    return StoreRules(
        **counts,
        hours="" if hours == told else hours,
        last_at_close="last_at_close" in form,
        refunds_no_show="refunds_no_show" in form,
        mails="mails" in form,
        capacity_in=form.get("capacity_in", was.capacity_in),
        cut_offs=dict(_cut_offs(form)),
        special=tuple(day for day, _ in special),
        special_cut_offs={day.day: at for day, at in special if at is not None},
        country=form.get("country", "").strip().upper(),
        time_zone=form.get("time_zone", "").strip(),
        quiet_from=_time(form, "quiet_from") or was.quiet_from,
        quiet_until=_time(form, "quiet_until") or was.quiet_until,
        product_prep=tuple(_products(form)),
    )


def with_found(rules: StoreRules, found: tuple[Product, ...]) -> tuple[ProductPrep, ...]:
    """Those of ``found`` that have no time of their own yet, with the usual one."""
    known = {one.product_id for one in rules.product_prep}
    return tuple(
        ProductPrep(one.product_id, one.title, one.variants, rules.prep_minutes)
        for one in found
        if one.product_id not in known
    )


def _without_holidays(hours: str) -> tuple[str, bool]:
    parts = [part.strip() for part in hours.split(";")]
    kept = [part for part in parts if part and part != _ON_HOLIDAYS]
    return "; ".join(kept), _ON_HOLIDAYS in parts


def _written(spans: tuple[Span, ...]) -> str:
    return ", ".join(f"{start:%H:%M}-{_closing(end)}" for start, end in spans)


def _closing(end: time) -> str:
    return "24:00" if end == time() else f"{end:%H:%M}"


def _special(rules: StoreRules) -> Iterator[Special]:
    for one in sorted(rules.special, key=lambda special: special.day):
        cut_off = rules.special_cut_offs.get(one.day)
        hours = "" if one.hours == "off" else one.hours
        yield Special(one.day.isoformat(), hours, f"{cut_off:%H:%M}" if cut_off else "")


def _hours(form: Form) -> str:
    """The week in OpenStreetMap's syntax, or what was written in it."""
    written = " ".join(form.get("written", "").split())
    rules = [written] if written else list(_week(form))
    if rules and "closed_on_holidays" in form:
        rules.append(_ON_HOLIDAYS)
    return "; ".join(rules)


def _week(form: Form) -> Iterator[str]:
    """Neighbouring days with the same hours are one rule; closed days are not named."""
    days = [_spans(form.get(f"hours-{day}", "")) for day in range(7)]
    first = 0
    for day in range(1, 8):
        if day < 7 and days[day] == days[first]:
            continue
        if days[first]:
            name = DAYS[first] if day - 1 == first else f"{DAYS[first]}-{DAYS[day - 1]}"
            yield f"{name} {days[first]}"
        first = day


def _spans(text: str) -> str:
    """``9:00 - 13:00, 14.30-19:00`` → ``09:00-13:00,14:30-19:00``; empty or ``off`` is closed."""
    if text.strip().lower() in ("", "off", "-"):
        return ""
    parts = [_SPAN.fullmatch(part.strip()) for part in re.split("[,،、;]", text)]
    found = [part.groups() for part in parts if part]
    if len(found) != len(parts):
        raise BadInput("hours_malformed", "these are no opening hours")
    return ",".join(f"{int(h):02}:{m}-{int(to_h):02}:{to_m}" for h, m, to_h, to_m in found)


def _special_days(form: Form) -> Iterator[tuple[SpecialDay, time | None]]:
    lines = zip(
        form.getlist("special-day"),
        form.getlist("special-hours"),
        form.getlist("special-cut-off"),
        strict=False,
    )
    for day, hours, cut_off in lines:
        if day:
            yield SpecialDay(_day(day), _spans(hours) or "off"), _moment(cut_off)


def _cut_offs(form: Form) -> Iterator[tuple[int, time]]:
    for day in range(7):
        at = _time(form, f"cut-off-{day}")
        if at is not None:
            yield day, at


def _products(form: Form) -> Iterator[ProductPrep]:
    """``prep-7`` are the minutes of product 7; without any it takes the usual time."""
    for name, minutes in form.items():
        number = name.removeprefix("prep-")
        if name != number and number.isascii() and number.isdigit() and minutes.strip():
            variants = form.get(f"variants-{number}", "")
            yield ProductPrep(
                product_id=int(number),
                title=form.get(f"title-{number}", "")[:300],
                variants=tuple(int(each) for each in re.findall("[0-9]{1,18}", variants)),
                minutes=_number({name: minutes}, name),
            )


def _number(form: Mapping[str, str], name: str) -> int:
    """Digits of any script, as a phone's keyboard may write them."""
    text = form.get(name, "").strip()
    if not text.isdecimal() or len(text) > 9:
        raise BadInput("number_malformed", f"{name} is a whole number")
    return int(text)


def _time(form: Form, name: str) -> time | None:
    return _moment(form.get(name, ""))


def _moment(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0) if text.strip() else None
    except ValueError:
        raise BadInput("time_malformed", "a time looks like 14:30") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("day_malformed", "a day looks like 2026-12-24") from None
