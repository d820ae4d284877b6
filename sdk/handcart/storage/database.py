"""The database: SQLite with one writer, or PostgreSQL.

On SQLite every write goes through one connection, one transaction at a time (``one_writer``).

On PostgreSQL transactions run beside each other, in this process and in others. Whoever writes
what was read before guards it by a version, or asks for a name with ``alone`` first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url, text
from sqlalchemy.exc import DBAPIError

from . import engines
from .news import News, notify, told
from .one_writer import OneWriter
from .turn import check_turn

_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_ALL_ALONE = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(name, 0))"
    " FROM unnest(CAST(:names AS TEXT[])) AS name"
)


class Database:
    """``writing()`` is one transaction, committed at the end; ``reading()`` sees the last one.

    ``autocommit()`` is a transaction of a single statement.
    ``news`` tells those who listen what was told in a transaction, after its commit.
    ``kind`` is sqlite or postgresql. ``embedded``: the database is a file of this process and of
    no other. What is ``known`` can be asked of each connection (``get_execution_options``).
    """

    def __init__(self, url: str, *, known: dict[str, Any] | None = None) -> None:
        self.url = engines.with_driver(make_url(url))
        self.kind = self.url.get_backend_name()
        self.embedded = self.kind == "sqlite"
        self.news = News(None if self.embedded else self.url)
        if self.embedded:
            self._one = OneWriter(self.url)
            self._writer = self._one.engine
            self._reader = engines.sqlite_reader(self.url)
        else:
            self._writer = engines.postgresql(self.url, isolation_level="READ COMMITTED")
            self._reader = engines.postgresql(
                self.url, isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            # What it executes may be executed twice, so no connection is tried beforehand.
            self._committing = engines.postgresql(
                self.url, tried=False, isolation_level="AUTOCOMMIT"
            )
        self.known = known or {}
        self._writer = self._writer.execution_options(**self.known)
        self._reader = self._reader.execution_options(**self.known)
        event.listen(self._writer, "commit", lambda _: check_turn())

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write: all of it is durable at the end, or none of it happened."""
        if not self.embedded:
            with self._writer.begin() as work, _telling(work):
                yield work
                notify(work, told(work))
            return
        with self._one.alone(), self._writer.begin() as work, _telling(work) as news:
            yield work
            news += told(work)
        self.news.publish(news)

    def autocommit(self, statement: str, values: Any) -> int:
        """Execute one statement as a transaction of its own; return how many rows it changed.

        It costs a fraction of ``writing()``, and must be one that may be executed twice: when
        PostgreSQL has gone away, it is tried again on a new connection.
        """
        if self.embedded:
            return self._one.execute(statement, values)
        return _executed(self._committing, statement, values)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view of what is committed; writing through it fails."""
        with self._reader.begin() as view:
            yield view

    def migrate(self) -> None:
        """Bring the schema to the newest migration; does nothing when it is there already."""
        from .migrate import upgrade

        with self._one.alone() if self.embedded else nullcontext():
            upgrade(self._writer)

    def leave_no_trace(self) -> None:
        """What was deleted cannot be read in the files of SQLite, unless somebody reads on."""
        if self.embedded:
            self._one.empty_wal()

    def close(self) -> None:
        self.news.close()
        self._reader.dispose()
        self._writer.dispose()
        if not self.embedded:
            self._committing.dispose()


@contextmanager
def _telling(work: Connection) -> Iterator[list[str]]:
    """Whatever happens, no news of this transaction is left on the connection for the next."""
    try:
        yield []
    finally:
        told(work)


def alone(work: Connection, shop: str, name: str) -> None:
    """Whoever else asks for this name of this shop goes on after our commit.

    For a decision about rows that may not be there yet, so that none of them can be locked. On
    SQLite a transaction is alone anyway.
    """
    if work.dialect.name != "sqlite":
        work.execute(_ALONE, {"name": f"{shop} {name}"})


def all_alone(work: Connection, names: Iterable[tuple[str, str]]) -> None:
    """The same for many names, each of a shop, in an order in which nobody waits for ever."""
    if work.dialect.name != "sqlite":
        work.execute(_ALL_ALONE, {"names": sorted(f"{shop} {name}" for shop, name in names)})


def _executed(engine: Engine, statement: str, values: Any) -> int:
    """How many rows it changed; on another connection if the first one turns out to be lost."""
    try:
        with engine.connect() as connection:
            return connection.exec_driver_sql(statement, values).rowcount
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    with engine.connect() as connection:
        return connection.exec_driver_sql(statement, values).rowcount
