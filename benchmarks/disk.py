"""How fast this disk keeps rows with nothing around it: the limit of every receiver on SQLite."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

_BATCH = 32


def group_commits(path: Path, orders: Path, *, seconds: float = 1.0) -> float:
    """Rows a second: 32 orders a transaction, WAL, ``synchronous=FULL``, one unique id each."""
    bodies = [line.split(b" ", 3)[3] for line in orders.read_bytes().splitlines()]
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE inbox (id TEXT PRIMARY KEY, body BLOB NOT NULL)")
    rows, began = 0, time.perf_counter()
    while time.perf_counter() < began + seconds:
        group = range(rows, rows + _BATCH)
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO inbox VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(f"run-{number}", bodies[number % len(bodies)]) for number in group],
        )
        connection.execute("COMMIT")
        rows += _BATCH
    rate = rows / (time.perf_counter() - began)
    connection.close()
    return rate
