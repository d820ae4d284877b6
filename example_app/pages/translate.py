"""gettext and Babel, with types: Flask-Babel ships none."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import flask_babel  # type: ignore[import-untyped]
from babel import Locale
from babel.dates import format_skeleton, format_timedelta
from babel.numbers import format_currency, format_decimal
from flask_babel import Babel as Babel

from handcart.pickups.countries import COUNTRIES

_DIGITS = {
    "arab": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"),
    "arabext": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
}


class Words(str):
    """A text marked for translation where no page is being made; ``str()`` has no language."""

    __slots__ = ()

    def now(self) -> str:
        """The text in the language of the page that is being made."""
        return gettext(str(self))


def lazy_gettext(text: str) -> Words:
    """Mark ``text`` for the catalogue; ``now()`` translates it."""
    return Words(text)


def gettext(text: str, **values: str) -> str:
    isolated = {name: isolate(value) for name, value in values.items()}
    return str(flask_babel.gettext(text, **isolated))


def ngettext(one: str, many: str, count: int, shown: str) -> str:
    """``one`` or ``many`` as the language counts; ``%(num)s`` in them becomes ``shown``."""
    found: str = flask_babel.get_domain().get_translations().ungettext(one, many, count)
    return found % {"num": shown}


def isolate(value: str) -> str:
    """The value for a place inside a sentence of the other direction: ``#1001`` stays whole."""
    return f"\u2068{value}\u2069" if locale().text_direction == "rtl" else value


def locale() -> Locale:
    """The page's."""
    found: Locale | None = flask_babel.get_locale()
    return found or Locale("en")


def local(moment: datetime) -> datetime:
    """``moment`` in the page's time zone."""
    found: datetime = flask_babel.to_user_timezone(moment)
    return found


def clock(moment: datetime | time) -> str:
    """``14:05`` the language's way; a bare time is taken as it stands."""
    rebase = isinstance(moment, datetime)
    return _own_digits(flask_babel.format_time(moment, "short", rebase=rebase))


def day_and_clock(moment: datetime) -> str:
    return (
        _own_digits(format_skeleton("MMMd", local(moment), locale=locale())) + ", " + clock(moment)
    )


def day_of_month(day: date) -> str:
    """``23 Nov``, the language's way."""
    return _own_digits(format_skeleton("MMMd", day, locale=locale()))


def countries() -> list[tuple[str, str]]:
    """Code and name of each country that goods are sent to, by name."""
    names = ((code, str(locale().territories[code])) for code in COUNTRIES)
    return sorted(names, key=lambda each: each[1].casefold())


def ago(seconds: int) -> str:
    """``12 min``."""
    return _own_digits(
        format_timedelta(seconds, granularity="minute", format="short", locale=locale())
    )


def number(count: int) -> str:
    """``1,234``, in the language's own digits where it has some."""
    return _own_digits(format_decimal(count, locale=locale()))


def money(hundredths: int, currency: str) -> str:
    """``€12.50``, the language's way."""
    return _own_digits(format_currency(Decimal(hundredths) / 100, currency, locale=locale()))


def _own_digits(text: str) -> str:
    """Babel writes Latin digits only."""
    return text.translate(_DIGITS.get(locale().default_numbering_system, {}))
