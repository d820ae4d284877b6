"""The ``query:`` of a connection: shopify.dev, "Shopify API search syntax", in part.

Terms ``field:value`` with ``> >= < <=``, quotes, commas for alternatives and a leading ``-``, all
of which must hold; where a list has a term ``default``, bare words, too. Whatever else is asked
for is refused by name: a filter that is quietly ignored answers a question nobody asked.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from graphql import GraphQLError

from .wire import bad_request, not_served

Terms = Mapping[str, Callable[[Any], Any]]
_TERM = re.compile(r"(-?)([A-Za-z_][A-Za-z0-9_.]*):(>=|<=|>|<|=)?(\"[^\"]*\"|'[^']*'|[^\s()]+)")
_WORD = re.compile(r"[\w@+.][\w@+.-]*\*?")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def search(things: Iterable[Any], query: str | None, *, terms: Terms, zone: str) -> list[Any]:
    """The things for which every term of ``query`` holds; ``terms`` reads a thing's values.

    A time without an offset is in the shop's ``zone``. A reader may return several values, one of
    which has to match.
    """
    found = _terms(query or "", bare="default" in terms)
    tests = [_test(*each, terms=terms, zone=zone) for each in found]
    return [thing for thing in things if all(test(thing) for test in tests)]


def _terms(query: str, *, bare: bool) -> list[tuple[str, ...]]:
    rest = _TERM.sub(" ", query)
    words = [word for word in rest.split() if word != "AND"]
    strangers = [word for word in words if not bare or not _WORD.fullmatch(word)]
    if strangers:
        raise not_served(f"The search syntax '{' '.join(strangers)}'")
    terms = [found.groups("") for found in _TERM.finditer(query)]
    return [*terms, *(("", "default", "", word) for word in words)]


def _test(
    minus: str, name: str, comparator: str, text: str, *, terms: Terms, zone: str
) -> Callable[[Any], bool]:
    read = terms.get(name)
    if read is None:
        raise not_served(f"The search term '{name}' (served: {', '.join(sorted(terms))})")
    quoted = text[0] in "\"'"
    alternatives = [text.strip("\"'")] if quoted else text.split(",")

    def holds(thing: Any) -> bool:
        value = read(thing)
        values = value if isinstance(value, list | tuple | set) else [value]
        return bool(minus) != any(
            _matches(have, comparator, want, zone) for have in values for want in alternatives
        )

    return holds


def _matches(have: Any, comparator: str, want: str, zone: str) -> bool:
    if have is None:
        return False
    if isinstance(have, str):
        return _matches_text(have.lower(), comparator, want.lower())
    wanted = _time(want, zone) if isinstance(have, datetime) else _number(want)
    return _COMPARE.get(comparator, _equal)(have, wanted)


def _equal(have: Any, want: Any) -> bool:
    return bool(have == want)


def _matches_text(have: str, comparator: str, want: str) -> bool:
    if comparator in _COMPARE:
        raise not_served("Comparing texts in a search")
    return have.startswith(want[:-1]) if want.endswith("*") else have == want


def _number(text: str) -> int:
    """A whole number; an id may also be written as a global id."""
    digits = text.rpartition("/")[2]
    if not re.fullmatch(r"[0-9]{1,18}", digits, re.ASCII):
        raise _unreadable(text)
    return int(digits)


def _time(text: str, zone: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise _unreadable(text) from None
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))


def _unreadable(text: str) -> GraphQLError:
    return bad_request(f"The search value '{text}' cannot be read.")
