"""How each kind of database is connected to.

``synchronous=FULL`` makes each commit of SQLite survive a power cut.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from ..errors import SettingsError

WRITER = {
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
_READER = {"busy_timeout": 1000, "query_only": "ON", "wal_autocheckpoint": 0}
_CONNECTING = {
    # The platform waits five seconds for an answer: by then it should have heard that we cannot.
    "connect_timeout": 4,
    "tcp_user_timeout": 10_000,
    # A plan made when the queue was short, and kept, reads all of it when it is long.
    "options": "-c plan_cache_mode=force_custom_plan",
}


def with_driver(url: URL) -> URL:
    """``postgresql://``, as everybody writes it, means psycopg here."""
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    return url


def sqlite_writer(url: URL) -> Engine:
    """One connection, whose transactions may write from their beginning."""
    return _sqlite(url, pragmas=WRITER, pool_size=1, begin="BEGIN IMMEDIATE")


def sqlite_reader(url: URL) -> Engine:
    return _sqlite(url, pragmas=_READER, pool_size=16, begin="BEGIN")


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


def postgresql(url: URL, *, tried: bool = True, **options: Any) -> Engine:
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
