"""Connections: a page of a sorted list, with cursors that survive what is added meanwhile.

A cursor holds the sort value and the id of its row, so that the next page begins after that row
even when it is gone.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .wire import bad_request

MOST = 250
Mark = tuple[Any, int]


@dataclass(frozen=True, slots=True)
class Edge:
    cursor: str
    node: Any


@dataclass(frozen=True, slots=True)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Page:
    edges: list[Edge]
    page_info: PageInfo

    @property
    def nodes(self) -> list[Any]:
        return [edge.node for edge in self.edges]


@dataclass(frozen=True, slots=True)
class Window:
    """The arguments that every connection takes."""

    first: int | None = None
    last: int | None = None
    after: str | None = None
    before: str | None = None
    reverse: bool = False


def page(
    things: Iterable[Any],
    *,
    window: Window,
    number: Callable[[Any], int],
    key: Callable[[Any], Any] | None = None,
) -> Page:
    """The part of ``things`` that ``window`` asks for, sorted by ``key`` and then ``number``."""
    _check(window)

    def mark(thing: Any) -> Mark:
        return _plain(key(thing) if key else 0), number(thing)

    rows = sorted(((mark(thing), thing) for thing in things), key=lambda row: row[0])
    if window.reverse:
        rows.reverse()
    inside = _between(rows, window)
    cut = inside[: window.first] if window.first is not None else inside[-(window.last or 0) :]
    if window.last == 0:
        cut = []
    edges = [Edge(_cursor(mark), thing) for mark, thing in cut]
    return Page(edges, _info(rows, [mark for mark, _ in cut], edges))


def _check(window: Window) -> None:
    if (window.first is None) == (window.last is None):
        raise bad_request("you must provide one of first or last")
    size = window.first if window.first is not None else window.last
    if size is not None and not 0 <= size <= MOST:
        raise bad_request(f"first and last must be between 0 and {MOST}, not {size}")


def _between(rows: list[tuple[Mark, Any]], window: Window) -> list[tuple[Mark, Any]]:
    after = _read_cursor(window.after) if window.after else None
    before = _read_cursor(window.before) if window.before else None

    def comes(one: Mark, other: Mark) -> bool:
        """True when ``one`` is listed before ``other``."""
        try:
            return other < one if window.reverse else one < other
        except TypeError:
            raise bad_request("the cursor belongs to another sort order") from None

    return [
        row
        for row in rows
        if (after is None or comes(after, row[0])) and (before is None or comes(row[0], before))
    ]


def _info(rows: list[tuple[Mark, Any]], marks: list[Mark], edges: list[Edge]) -> PageInfo:
    if not edges:
        return PageInfo(False, False, None, None)
    return PageInfo(
        has_next_page=rows[-1][0] != marks[-1],
        has_previous_page=rows[0][0] != marks[0],
        start_cursor=edges[0].cursor,
        end_cursor=edges[-1].cursor,
    )


def _plain(value: Any) -> Any:
    """Times as text that sorts like them, because a cursor is JSON."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return "" if value is None else value


def _cursor(mark: Mark) -> str:
    text = json.dumps({"last_id": mark[1], "last_value": mark[0]}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def _read_cursor(text: str) -> Mark:
    try:
        read = json.loads(base64.b64decode(text, validate=True))
        return read["last_value"], int(read["last_id"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise bad_request(f"Invalid cursor for current pagination sort: {text}") from None
