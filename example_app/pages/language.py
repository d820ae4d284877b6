"""Which language, direction and time zone a page is in, and the words for times and hours."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Any

import orjson
from babel import Locale, UnknownLocaleError
from flask import Flask, g, request

from handcart.stock import weekly_hours
from handcart.stock.hours import Span

from .translate import (
    Babel,
    ago,
    clock,
    countries,
    day_and_clock,
    day_of_month,
    gettext,
    isolate,
    local,
    locale,
    money,
    number,
)

LANGUAGES = ("en", "ja", "bg", "es", "fa")
_TRANSLATIONS = Path(__file__).parent.parent / "translations"


def speak(flask_app: Flask) -> None:
    """Every text of the pages goes through gettext, every time and number through Babel."""
    flask_app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(_TRANSLATIONS)
    Babel(flask_app, locale_selector=choose_language, timezone_selector=_time_zone)
    flask_app.jinja_env.filters.update(
        day_and_hour=day_and_clock,
        day_of_month=day_of_month,
        hour=hour,
        isolate=isolate,
        money=money,
        number=number,
        pretty=pretty,
        waited=waited,
        week=week,
    )
    flask_app.jinja_env.globals.update(countries=countries, locale=locale)


def choose_language() -> str:
    """What the admin says (``?locale=es-MX``), else what the browser prefers, else English.

    The region is kept, for the way it writes times and numbers.
    """
    asked = (request.args.get("locale", ""), *request.accept_languages.values())
    return next(filter(None, map(_known, asked)), "en")


def _known(tag: str) -> str | None:
    """``es_MX`` for ``es-mx``; None for a language we do not speak."""
    try:
        found = Locale.parse(tag, sep="-" if "-" in tag else "_")
    except (ValueError, TypeError, UnknownLocaleError):
        return None
    return str(found) if found.language in LANGUAGES else None


def hour(moment: datetime) -> str:
    """``14:05`` for today in the store's zone; with the day for any other."""
    today = local(moment).date() == local(g.now).date()
    return clock(moment) if today else day_and_clock(moment)


def waited(since: datetime) -> str:
    """``12 min``: how long ago, in the language's short form."""
    return ago(max(0, int((g.now - since).total_seconds())))


def week(opening_hours: str) -> list[tuple[str, str]] | None:
    """Rows of days and hours; None when the text is more than a plain week."""
    rows = weekly_hours(opening_hours)
    if rows is None:
        return None
    return [(_days(row.first, row.last), _hours(row.spans)) for row in rows]


def pretty(payload: Any) -> str:
    """JSON for people to read."""
    return orjson.dumps(payload, option=orjson.OPT_INDENT_2).decode()


def _days(first: int, last: int) -> str:
    if first == 0 and last == 6:
        return gettext("Every day")
    names = locale().days["stand-alone"]["wide"]
    return names[first] if first == last else f"{names[first]} – {names[last]}"


def _hours(spans: tuple[Span, ...]) -> str:
    if not spans:
        return gettext("Closed")
    if spans == ((time(0), time(0)),):
        return gettext("Open around the clock")
    return ", ".join(f"{clock(start)} – {clock(end)}" for start, end in spans)


def _time_zone() -> str | None:
    zone: str | None = g.get("time_zone")
    return zone
