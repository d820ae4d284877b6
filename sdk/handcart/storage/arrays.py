"""Many rows to PostgreSQL as one array a column: one short statement, prepared once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, String, Table, TextClause, text
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def insert_arrays(work: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows whose key is new, on PostgreSQL, and return how many those were.

    The rows have the same names, ``place`` not among them: it is given out here, in their order.
    """
    names = tuple(rows[0])
    columns = {name: [row[name] for row in rows] for name in names}
    return work.execute(_statement(table, names), columns).rowcount


@cache
def _statement(table: Table, names: tuple[str, ...]) -> TextClause:
    """Rows go in by their key: two processes with the same rows would wait for each other."""
    arrays = ", ".join(f"CAST(:{name} AS {_type(table, name)}[])" for name in names)
    key = ", ".join(column.name for column in table.primary_key)
    listed = ", ".join(names)
    return text(
        f"WITH given AS MATERIALIZED (SELECT *, nextval('{table.name}_place') AS place"  # noqa: S608
        f" FROM unnest({arrays}) AS one ({listed}))"
        f" INSERT INTO {table.name} ({listed}, place) SELECT {listed}, place FROM given"
        f" ORDER BY {key} ON CONFLICT DO NOTHING"
    ).execution_options(preserve_rowcount=True)


def _type(table: Table, name: str) -> str:
    """As the column, but for the length of a text: a cast would cut it and say nothing."""
    kind = table.c[name].type
    return "TEXT" if isinstance(kind, String) else str(kind.compile(_DIALECT))
