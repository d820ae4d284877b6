"""The one statement that every database spells its own way and Core leaves to its dialects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from ..errors import StaleWrite


def upsert(work: Connection, table: Table) -> Any:
    """An INSERT into ``table`` that can say ``on_conflict_do_nothing`` and ``…_do_update``.

    Its ``rowcount`` is how many rows are new, on every database.
    """
    dialect = sqlite if work.dialect.name == "sqlite" else postgresql
    return dialect.insert(table).execution_options(preserve_rowcount=True)


def insert_new(work: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert the row; raises StaleWrite when somebody else's is there under its key."""
    made = work.execute(upsert(work, table).values(**row).on_conflict_do_nothing())
    if not made.rowcount:
        raise StaleWrite(f"a row of {table.name}")
