"""Looking for many keys at once, in a statement whose text does not grow with them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    String,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy import column as named
from sqlalchemy.dialects.postgresql import ARRAY

Columns = tuple[Column[Any], ...]
# Texts and whole numbers, one for each column.
Key = tuple[Any, ...]


def among(view: Connection, columns: Columns, keys: Collection[Key]) -> ColumnElement[bool]:
    """Whether the ``columns`` of a row are one of ``keys``, of which there may be none."""
    kind = view.dialect.name
    given = zip(_packed(kind, columns, keys), _types(kind, columns), strict=True)
    return _condition(kind, columns, [literal(value, as_kept) for value, as_kept in given])


class Keys:
    """The same for a statement that is made once and given its keys when it is executed.

    ``found`` is the condition, ``given(keys)`` what it is executed with.
    """

    def __init__(self, kind: str, *columns: Column[Any]) -> None:
        self._kind, self._columns = kind, columns
        types = {f"keys_{number}": one for number, one in enumerate(_types(kind, columns))}
        self._names = tuple(types)
        places = [bindparam(name, type_=as_kept) for name, as_kept in types.items()]
        self.found = _condition(kind, columns, places)

    def given(self, keys: Collection[Key]) -> dict[str, Any]:
        return dict(zip(self._names, _packed(self._kind, self._columns, keys), strict=True))


class Lookup:
    """``query`` for those rows whose ``columns`` are among the keys that it is called with.

    Its statement is made once for each kind of database: that costs more than to execute it.
    """

    def __init__(self, query: Select[Any], *columns: Column[Any]) -> None:
        self._query, self._columns = query, columns
        self._made: dict[str, tuple[Select[Any], Keys]] = {}

    def __call__(self, view: Connection, keys: Collection[Key]) -> CursorResult[Any]:
        kind = view.dialect.name
        if kind not in self._made:
            among_keys = Keys(kind, *self._columns)
            self._made[kind] = self._query.where(among_keys.found), among_keys
        statement, among_keys = self._made[kind]
        return view.execute(statement, among_keys.given(keys))


def _condition(
    kind: str, columns: Columns, given: Sequence[ColumnElement[Any]]
) -> ColumnElement[bool]:
    """SQLite gets the keys as one text of JSON, PostgreSQL as one array a column.

    A text with a place for each value would be parsed, sent and planned anew for every number of
    them.
    """
    if kind == "sqlite":
        return _in_json(columns, given[0])
    arrays = [cast(one, as_kept) for one, as_kept in zip(given, _types(kind, columns), strict=True)]
    if len(columns) == 1:
        return columns[0] == func.any(arrays[0])
    rows = func.unnest(*arrays).table_valued(
        *(named(one.name, _kind(one)) for one in columns), name="given"
    )
    return tuple_(*columns).in_(select(*rows.render_derived().c))


def _in_json(columns: Columns, keys: ColumnElement[Any]) -> ColumnElement[bool]:
    rows = func.json_each(keys).table_valued("value", name="given")
    parts = [func.json_extract(rows.c.value, f"$[{number}]") for number in range(len(columns))]
    return (columns[0] if len(columns) == 1 else tuple_(*columns)).in_(select(*parts))


def _packed(kind: str, columns: Columns, keys: Collection[Key]) -> list[Any]:
    if kind == "sqlite":
        return [orjson.dumps(list(keys)).decode()]
    return [list(each) for each in zip(*keys, strict=True)] or [[] for _ in columns]


def _types(kind: str, columns: Columns) -> list[Any]:
    return [Text()] if kind == "sqlite" else [ARRAY(_kind(one)) for one in columns]


def _kind(column: Column[Any]) -> Any:
    """A cast to a text of so many characters would cut what is longer, and find it."""
    return Text() if isinstance(column.type, String) else column.type
