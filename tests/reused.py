"""A migrated database of PostgreSQL for one test after the other.

To copy one takes longer than most tests. So the next test gets what the last one left, without
its rows; when a test changed more than rows, a new copy.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.postgres import Server

_OTHERS_END = """
    SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_SEQUENCES_BEGIN = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences
"""
# Columns, indexes and what is told of each; what was counted of the rows; code that runs beside.
_STRUCTURE = """
    SELECT md5(string_agg(
            concat_ws(' ', relname, relkind, relchecks, reloptions, attname, atttypid, atttypmod,
                      attnotnull, atthasdef),
            ',' ORDER BY relname, attnum)),
        (SELECT count(*) FROM pg_statistic JOIN pg_class ON pg_class.oid = starelid
         WHERE relnamespace = 'public'::regnamespace),
        (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_constraint),
        (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
        (SELECT count(*) FROM pg_db_role_setting)
    FROM pg_class LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
    WHERE relnamespace = 'public'::regnamespace
"""


@dataclass
class Copies:
    """Copies of ``template``; whoever takes one gives it back."""

    server: Server
    template: str
    _structure: Any = field(init=False)
    _idle: list[str] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        with psycopg.connect(self.server.url(self.template)) as template:
            self._structure = template.execute(_STRUCTURE).fetchone()
            self._tables = [name for (name,) in template.execute(_TABLES)]

    def take(self) -> str:
        """The name of a database with no rows that is nobody else's."""
        return self._idle.pop() if self._idle else self.new()

    def new(self) -> str:
        name = f"test_{next(self._numbers)}"
        self.server.run(f"CREATE DATABASE {name} TEMPLATE {self.template}")
        return name

    def give_back(self, name: str) -> None:
        with psycopg.connect(self.server.url(name), autocommit=True) as database:
            database.execute(_OTHERS_END)
            as_it_was = database.execute(_STRUCTURE).fetchone() == self._structure
            if as_it_was:
                self._empty(database)
        if as_it_was:
            self._idle.append(name)
        else:
            self.drop(name)

    def drop(self, name: str) -> None:
        self.server.run(f"DROP DATABASE {name} WITH (FORCE)")

    def _empty(self, database: psycopg.Connection[Any]) -> None:
        filled = " UNION ALL ".join(
            f'(SELECT \'"{table}"\' FROM "{table}" LIMIT 1)'
            for table in self._tables
            if table != "alembic_version"
        )
        if names := [name for (name,) in database.execute(filled)]:  # type: ignore[call-overload]
            database.execute(f"TRUNCATE {', '.join(names)} CASCADE")  # type: ignore[call-overload]
        database.execute(_SEQUENCES_BEGIN)
