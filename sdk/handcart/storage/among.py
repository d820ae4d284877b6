"""Looking for many keys at once, in a statement whose text does not grow with them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, String, Text, cast, func, select, tuple_
from sqlalchemy import column as named
from sqlalchemy.dialects.postgresql import ARRAY


def among(
    view: Connection, columns: tuple[Column[Any], ...], keys: Collection[tuple[Any, ...]]
) -> ColumnElement[bool]:
    """Whether the ``columns`` of a row are one of ``keys``, of which there may be none.

    PostgreSQL gets one array a column: a text with a place for each value would be parsed, sent
    and planned anew for every number of them.
    """
    values = list(zip(*keys, strict=True)) or [()] * len(columns)
    if view.dialect.name == "sqlite":
        return columns[0].in_(values[0]) if len(columns) == 1 else tuple_(*columns).in_(list(keys))
    arrays = [
        cast(list(each), ARRAY(_kind(one))) for one, each in zip(columns, values, strict=True)
    ]
    if len(columns) == 1:
        return columns[0] == func.any(arrays[0])
    given = func.unnest(*arrays).table_valued(
        *(named(one.name, _kind(one)) for one in columns), name="given"
    )
    return tuple_(*columns).in_(select(*given.render_derived().c))


def _kind(column: Column[Any]) -> Any:
    """A cast to a text of so many characters would cut what is longer, and find it."""
    return Text() if isinstance(column.type, String) else column.type
