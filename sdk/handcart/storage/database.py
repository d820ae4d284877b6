"""The database: SQLite with one writer, or PostgreSQL.

On SQLite every write goes through one connection, one transaction at a time: several writing
connections were measured to stall for seconds, and SQLite before 3.51.3 may corrupt a WAL that
two connections reset at once. ``synchronous=FULL`` makes each commit survive a power cut.

On PostgreSQL transactions run beside each other, in this process and in others. Whoever writes
what was read before guards it by a version, or asks for a name with ``alone`` first.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError

from ..errors import SettingsError
from .fair_lock import FairLock
from .news import News, notify, told
from .turn import check_turn

_WRITER = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "busy_timeout": 3000,
    "foreign_keys": "ON",
    "secure_delete": "ON",
    "trusted_schema": "OFF",
    # A statement that writes many rows may have to be undone alone: not by way of a file.
    "temp_store": "MEMORY",
    "journal_size_limit": 64 * 1024 * 1024,
    # In pages: what lies in the WAL is copied into the file less often, and each page only once.
    "wal_autocheckpoint": 4000,
}
# While another process reads on, SQLite cannot use its WAL again: from here on nothing is written.
LARGEST_WAL = 96 * 1024 * 1024
_GLANCE = 0.02
_READER = {"busy_timeout": 1000, "query_only": "ON", "wal_autocheckpoint": 0}
_CONNECTING = {
    # The platform waits five seconds for an answer: by then it should have heard that we cannot.
    "connect_timeout": 4,
    "tcp_user_timeout": 10_000,
    # A plan made when the queue was short, and kept, reads all of it when it is long.
    "options": "-c plan_cache_mode=force_custom_plan",
}
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
        self.url = _with_driver(make_url(url))
        self.kind = self.url.get_backend_name()
        self.embedded = self.kind == "sqlite"
        self._one_at_a_time = FairLock()
        self._wal = f"{self.url.database}-wal"
        self._looked_at_wal = 0.0
        self.news = News(None if self.embedded else self.url)
        if self.embedded:
            self._writer = _sqlite(self.url, pragmas=_WRITER, pool_size=1, begin="BEGIN IMMEDIATE")
            self._reader = _sqlite(self.url, pragmas=_READER, pool_size=16, begin="BEGIN")
            self._connected: deque[sqlite3.Connection] = deque(maxlen=1)
            event.listen(self._writer, "connect", lambda it, _: self._connected.append(it))
            event.listen(self._writer, "close", lambda *_: self._connected.clear())
        else:
            self._writer = _postgresql(self.url, isolation_level="READ COMMITTED")
            self._reader = _postgresql(
                self.url, isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._committing = _postgresql(self.url, tried=False, isolation_level="AUTOCOMMIT")
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
        with self._room_in_wal(), self._writer.begin() as work, _telling(work) as news:
            yield work
            news += told(work)
        self.news.publish(news)

    def autocommit(self, statement: str, values: Any) -> int:
        """Execute one statement as a transaction of its own; return how many rows it changed.

        It costs a fraction of ``writing()``, and must be one that may be executed twice: when
        PostgreSQL has gone away, it is tried again on a new connection.
        """
        if not self.embedded:
            return _executed(self._committing, statement, values)
        with self._room_in_wal():
            return self._only.execute(statement, values).rowcount

    @property
    def _only(self) -> sqlite3.Connection:
        """The one that writes: whoever is alone need not ask the pool for it each time."""
        if not self._connected:
            self._writer.connect().close()
        return self._connected[-1]

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view of what is committed; writing through it fails."""
        with self._reader.begin() as view:
            yield view

    def migrate(self) -> None:
        """Bring the schema to the newest migration; does nothing when it is there already."""
        from .migrate import upgrade

        with self._one_at_a_time:
            upgrade(self._writer)

    def leave_no_trace(self) -> None:
        """What was deleted cannot be read in the files of SQLite, unless somebody reads on."""
        if not self.embedded:
            return
        with self._one_at_a_time:
            self._empty_wal()

    @contextmanager
    def _room_in_wal(self) -> Iterator[None]:
        """Alone inside; TimeoutError when the WAL is too large and somebody keeps it in use."""
        with self._one_at_a_time:
            # Each look at a file is a turn for other threads, and costs more than what it finds.
            if (now := time.monotonic()) > self._looked_at_wal + _GLANCE:
                if self._wal_size() > LARGEST_WAL and not self._empty_wal():
                    raise TimeoutError("another process reads the database for too long")
                self._looked_at_wal = now
            yield

    def _wal_size(self) -> int:
        try:
            return os.stat(self._wal).st_size
        except FileNotFoundError:
            return 0

    def _empty_wal(self) -> bool:
        """The WAL takes no room; False when somebody still reads what is in it."""
        connection = self._writer.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA busy_timeout=200")
            (busy, _, _) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.execute(f"PRAGMA busy_timeout={_WRITER['busy_timeout']}")
            return not busy
        finally:
            connection.close()

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


def _with_driver(url: URL) -> URL:
    """``postgresql://``, as everybody writes it, means psycopg here."""
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    return url


def _sqlite(url: URL, *, pragmas: dict[str, Any], pool_size: int, begin: str) -> Engine:
    engine = create_engine(url, pool_size=pool_size, max_overflow=0, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for name, value in pragmas.items():
            connection.execute(f"PRAGMA {name}={value}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


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


def _postgresql(url: URL, *, tried: bool = True, **options: Any) -> Engine:
    """Eight connections are kept, and up to twenty-four opened when all threads want one.

    A connection is ``tried`` before it is used, so that a restart of the server costs no request.
    """
    given = {name: value for name, value in _CONNECTING.items() if name not in url.query}
    try:
        engine = create_engine(
            url,
            pool_size=8,
            max_overflow=16,
            pool_pre_ping=tried,
            connect_args=given,
            hide_parameters=True,
        )
    except ModuleNotFoundError as error:
        raise SettingsError(
            "database_driver_missing", f"{error}; run pip install 'handcart[postgres]'"
        ) from None
    return engine.execution_options(**options)
