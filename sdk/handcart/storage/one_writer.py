"""The one connection of an SQLite file that writes, and who may use it.

Several writing connections were measured to stall for seconds, and SQLite before 3.51.3 may
corrupt a WAL that two connections reset at once.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, event

from .engines import WRITER, sqlite_writer
from .fair_lock import FairLock

# While another process reads on, SQLite cannot use its WAL again: from here on nothing is written.
LARGEST_WAL = 96 * 1024 * 1024
_GLANCE = 0.02


class OneWriter:
    """Whoever is ``alone()`` may use the connection of ``engine``."""

    def __init__(self, url: URL) -> None:
        self.engine = sqlite_writer(url)
        self._turn = FairLock()
        self._wal = f"{url.database}-wal"
        self._looked_at_wal = 0.0
        self._connected: deque[sqlite3.Connection] = deque(maxlen=1)
        event.listen(self.engine, "connect", lambda it, _: self._connected.append(it))
        event.listen(self.engine, "close", lambda *_: self._connected.clear())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Whoever waited longest; TimeoutError when the WAL is too large and kept in use."""
        with self._turn:
            # Each look at a file is a turn for other threads, and costs more than what it finds.
            if (now := time.monotonic()) > self._looked_at_wal + _GLANCE:
                if self._wal_size() > LARGEST_WAL and not self._empty_wal():
                    raise TimeoutError("another process reads the database for too long")
                self._looked_at_wal = now
            yield

    def execute(self, statement: str, values: Any) -> int:
        """One statement, committed when it returns how many rows it changed."""
        with self.alone():
            if not self._connected:
                self.engine.connect().close()
            # Whoever is alone need not ask the pool each time.
            return self._connected[-1].execute(statement, values).rowcount

    def empty_wal(self) -> None:
        """What is in the WAL goes into the file, unless somebody still reads it."""
        with self._turn:
            self._empty_wal()

    def _wal_size(self) -> int:
        try:
            return os.stat(self._wal).st_size
        except FileNotFoundError:
            return 0

    def _empty_wal(self) -> bool:
        """The WAL takes no room; False when somebody still reads what is in it."""
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA busy_timeout=200")
            (busy, _, _) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.execute(f"PRAGMA busy_timeout={WRITER['busy_timeout']}")
            return not busy
        finally:
            connection.close()
