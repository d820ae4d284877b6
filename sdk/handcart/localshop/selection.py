"""Which events a subscription wants, and which parts of them: ``filter`` and ``include_fields``.

shopify.dev, "Customize webhooks": a filter is search syntax over the body's own fields,
``variants.price:>=10.00 AND -status:draft``; a list is matched when one of its members is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

Test = Callable[[Mapping[str, Any]], bool]

_WORD = re.compile(
    r"""\s*(?:(?P<mark>[()])|(?P<join>AND|OR)\b|(?P<no>NOT\b|-)|
    (?P<field>[A-Za-z_][\w.]*):(?P<sign>>=|<=|>|<|=)?
    (?P<value>"[^"]*"|'[^']*'|[^\s()"']+))""",
    re.VERBOSE,
)


class FilterUnclear(ValueError):
    """The filter is not in the search syntax; the message shows from where on."""


def picked(body: Mapping[str, Any], fields: tuple[str, ...]) -> Mapping[str, Any]:
    """The named fields of ``body`` alone; ``line_items.id`` reaches into every line."""
    if not fields:
        return body
    kept: dict[str, Any] = {}
    for head in dict.fromkeys(name.partition(".")[0] for name in fields):
        if head in body:
            below = tuple(name.partition(".")[2] for name in fields if name.startswith(head + "."))
            kept[head] = _picked_below(body[head], () if head in fields else below)
    return kept


def _picked_below(value: Any, fields: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_picked_below(each, fields) for each in value]
    return picked(value, fields) if isinstance(value, Mapping) else value


def matches(text: str, body: Mapping[str, Any]) -> bool:
    """Whether ``body`` passes the filter; an empty one lets everything pass."""
    return not text.strip() or reading(text)(body)


def fields_of(text: str) -> set[str]:
    """The fields that a filter looks at."""
    return {word["field"] for word in _words(text) if word["field"]}


def reading(text: str) -> Test:
    """The filter as a function, or FilterUnclear. AND binds closer than OR, and may be left out."""
    words = list(_words(text))
    test = _either(words)
    if words:
        raise FilterUnclear(f"unexpected {words[0].group().strip()!r} in {text!r}")
    return test


def _words(text: str) -> Iterator[re.Match[str]]:
    place, text = 0, text.rstrip()
    while place < len(text):
        word = _WORD.match(text, place)
        if word is None:
            raise FilterUnclear(f"cannot read {text[place:]!r}")
        yield word
        place = word.end()


def _either(words: list[re.Match[str]]) -> Test:
    tests = [_both(words)]
    while words and words[0]["join"] == "OR":
        words.pop(0)
        tests.append(_both(words))
    return lambda body: any(test(body) for test in tests)


def _both(words: list[re.Match[str]]) -> Test:
    tests = [_term(words)]
    while words and words[0]["join"] != "OR" and words[0]["mark"] != ")":
        if words[0]["join"]:
            words.pop(0)
        tests.append(_term(words))
    return lambda body: all(test(body) for test in tests)


def _term(words: list[re.Match[str]]) -> Test:
    if not words:
        raise FilterUnclear("the filter ends too early")
    word = words.pop(0)
    if word["no"]:
        inside = _term(words)
        return lambda body: not inside(body)
    if word["mark"] == "(":
        inside = _either(words)
        if not words or words.pop(0)["mark"] != ")":
            raise FilterUnclear("a parenthesis is not closed")
        return inside
    if not word["field"]:
        raise FilterUnclear(f"unexpected {word.group().strip()!r}")
    path, sign, wanted = word["field"].split("."), word["sign"] or "=", word["value"].strip("\"'")
    return lambda body: any(_holds(value, sign, wanted) for value in _values(body, path))


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _values(each, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping):
        yield from _values(value.get(path[0]), path[1:])


def _holds(value: Any, sign: str, wanted: str) -> bool:
    if value is None:
        return False
    text = str(value).lower()
    wanted = wanted.lower()
    if sign == "=":
        same = text.startswith(wanted[:-1]) if wanted.endswith("*") else text == wanted
        return same or _order(text, wanted) == 0
    order = _order(text, wanted)
    return {">": order > 0, ">=": order >= 0, "<": order < 0, "<=": order <= 0}[sign]


def _order(left: str, right: str) -> int:
    """Below, at or above zero: as numbers when both are, else as text."""
    try:
        one, other = Decimal(left), Decimal(right)
    except InvalidOperation:
        return (left > right) - (left < right)
    return (one > other) - (one < other)
