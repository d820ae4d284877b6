"""Many new rows in few statements, past what Core adds to each row.

A row that goes through Core costs more than all that the database does with it. So the text of a
statement is made once for each number of rows, and the values go straight to the driver: to
SQLite as ``VALUES`` of so many rows, to PostgreSQL as one binary array a column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

import orjson
from sqlalchemy import JSON, Connection, String, Table, make_url

Rows = Sequence[Mapping[str, Any]]

_POSTGRESQL = make_url("postgresql+psycopg://").get_dialect()()
_SQLITE = make_url("sqlite://").get_dialect()()
# A text for each number of rows up to this one, each to be parsed once.
AT_ONCE = 64


def insert_many(work: Connection, table: Table, rows: Rows, *, conflict: str = "DO NOTHING") -> int:
    """Insert the rows, which have the same names; return how many rows are new or changed.

    ``conflict`` is what happens to one whose key is there already, as SQL after ``ON CONFLICT``.
    """
    if not rows:
        return 0
    names = tuple(rows[0])
    if work.dialect.name == "sqlite":
        return _insert_values(work, table, rows, conflict=conflict)
    text = _by_arrays(table, names, _unnest(table, names), conflict)
    return work.exec_driver_sql(text, _arrays(table, rows)).rowcount


def insert_placed(work: Connection, table: Table, rows: Rows) -> int:
    """Insert those rows whose key is new, in their order, and return how many those were.

    The rows have the same names, ``place`` not among them: it is given out here.
    """
    kind, made = work.dialect.name, 0
    size = AT_ONCE if kind == "sqlite" else len(rows)
    for start in range(0, len(rows), size or 1):
        statement = inserting_placed(kind, table, rows[start : start + size])
        made += work.exec_driver_sql(*statement).rowcount
    return made


def inserting_placed(kind: str, table: Table, rows: Rows) -> tuple[str, Any]:
    """The statement that ``insert_placed`` makes, for at most AT_ONCE rows, and its values.

    ``kind`` is the name of the database's dialect.
    """
    names = tuple(rows[0])
    if kind == "sqlite":
        return _by_values_placed(table, names, len(rows)), _flat(table, names, rows)
    given = (
        f"(SELECT *, nextval('{table.name}_place') AS place FROM {_unnest(table, names)}) AS placed"  # noqa: S608
    )
    text = _by_arrays(table, (*names, "place"), given, "DO NOTHING")
    return text, _arrays(table, rows)


def _insert_values(work: Connection, table: Table, rows: Rows, *, conflict: str) -> int:
    """One statement for up to AT_ONCE rows: each gives way to every other thread once."""
    names, made = tuple(rows[0]), 0
    for start in range(0, len(rows), AT_ONCE):
        chunk = rows[start : start + AT_ONCE]
        text = _by_values(table, names, len(chunk), conflict)
        made += work.exec_driver_sql(text, _flat(table, names, chunk)).rowcount
    return made


def _flat(table: Table, names: tuple[str, ...], rows: Rows) -> tuple[Any, ...]:
    """All values, row after row."""
    return tuple(chain.from_iterable(map(_values(table, names), rows)))


@cache
def _by_values(table: Table, names: tuple[str, ...], count: int, conflict: str) -> str:
    row = f"({', '.join('?' * len(names))})"
    return (
        f"INSERT INTO {table.name} ({', '.join(names)})"  # noqa: S608
        f" VALUES {', '.join([row] * count)} ON CONFLICT {conflict}"
    )


@cache
def _by_values_placed(table: Table, names: tuple[str, ...], count: int) -> str:
    """Each row counts on from the last place that was given out."""
    marks = ", ".join("?" * len(names))
    rows = ", ".join(f"({marks}, {number})" for number in range(1, count + 1))
    given = ", ".join(f"column{number}" for number in range(1, len(names) + 1))
    place = f"column{len(names) + 1} + (SELECT coalesce(max(place), 0) FROM {table.name})"  # noqa: S608
    return (
        f"INSERT INTO {table.name} ({', '.join(names)}, place)"  # noqa: S608
        f" SELECT {given}, {place} FROM (VALUES {rows}) WHERE true ON CONFLICT DO NOTHING"
    )


@cache
def _values(table: Table, names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Iterator[Any]]:
    """From a row to its values, each as SQLite keeps the type of its column."""
    types = [table.c[name].type.dialect_impl(_SQLITE) for name in names]
    kept = [(name, kind.bind_processor(_SQLITE)) for name, kind in zip(names, types, strict=True)]
    return lambda row: (as_kept(row[name]) if as_kept else row[name] for name, as_kept in kept)


@cache
def _by_arrays(table: Table, names: tuple[str, ...], given: str, conflict: str) -> str:
    """Rows go in by their key: two processes with the same rows would wait for each other."""
    listed = ", ".join(names)
    key = ", ".join(column.name for column in table.primary_key)
    return (
        f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {given}"  # noqa: S608
        f" ORDER BY {key} ON CONFLICT {conflict}"
    )


@cache
def _unnest(table: Table, names: tuple[str, ...]) -> str:
    arrays = ", ".join(f"CAST(%({name})b AS {_type(table, name)}[])" for name in names)
    return f"unnest({arrays}) AS given ({', '.join(names)})"


def _arrays(table: Table, rows: Rows) -> dict[str, list[Any]]:
    """One array a column; JSON as its text."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    for name in columns:
        if isinstance(table.c[name].type, JSON):
            columns[name] = [orjson.dumps(value).decode() for value in columns[name]]
    return columns


def _type(table: Table, name: str) -> str:
    """As the column, but for the length of a text: a cast would cut it and say nothing."""
    kind = table.c[name].type
    return "TEXT" if isinstance(kind, String) else str(kind.compile(_POSTGRESQL))
