"""The one statement that every database spells its own way and Core leaves to its dialects."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(work: Connection, table: Table) -> Any:
    """An INSERT into ``table`` that can say ``on_conflict_do_nothing`` and ``…_do_update``.

    Its ``rowcount`` is how many rows are new, on every database.
    """
    dialect = sqlite if work.dialect.name == "sqlite" else postgresql
    return dialect.insert(table).execution_options(preserve_rowcount=True)
