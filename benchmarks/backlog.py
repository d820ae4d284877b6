"""Does it cost more to accept and to claim when much waits, or when much is long done?

    python -m benchmarks.backlog [--waiting 100000] [--rows 1000000] [--rounds 3]

Three databases of each kind stand beside each other: one empty, one in which so many deliveries
wait, one with so many that were done over a month ago, as retention leaves them. In turn each is
posted to, and its oldest deliveries are claimed sixteen at a time. Compare within a round.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from handcart.storage import Database
from handcart.testing.street import free_port
from handcart_webhooks.inbox import deliveries, inbox

from . import machine, report
from .arena import PYTHON, Arena, Process, settings, start
from .field import APP
from .load import Plan, drive
from .orders import write_orders

_CLAIMS = 40
_SERIES = {
    "sqlite": "(WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :rows)"
    " SELECT n FROM n)",
    "postgresql": "(SELECT n FROM generate_series(1, :rows) AS n)",
}
_IN_NO_ORDER = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "md5(n::text)"}
_EMPTY = {"sqlite": "zeroblob(0)", "postgresql": "''::bytea"}
_DIGEST = {"sqlite": "randomblob(32)", "postgresql": "sha256(n::text::bytea)"}
_MONTHS_AGO = {
    "sqlite": "'2026-09-01 09:00:00.000000'",
    "postgresql": "timestamptz '2026-09-01T09:00Z'",
}


@dataclass(frozen=True, slots=True)
class Stand:
    """One receiver and its database."""

    kind: str
    holds: str
    url: str
    process: Process


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args()
    with Arena() as arena:
        print(measure(arena, options.rounds, waiting=options.waiting, done=options.rows))


def measure(
    arena: Arena,
    rounds: int,
    *,
    waiting: int,
    done: int,
    kinds: Sequence[str] = ("sqlite", "postgresql"),
) -> str:
    """The section of the report."""
    orders = arena.scratch() / "orders"
    write_orders(orders)
    rows = []
    for kind in kinds:
        with _stands(kind, arena, orders, waiting=waiting, done=done) as stands:
            for turn in range(rounds):
                found = _round(stands[::-1] if turn % 2 else stands, orders, f"round{turn}")
                for row in found:
                    report.keep("backlog", {"round": turn, **row})
                rows += found
        for stand in stands:
            arena.forget(stand.url)
    return _section(rows)


@contextmanager
def _stands(
    kind: str, arena: Arena, orders: Path, *, waiting: int, done: int
) -> Iterator[list[Stand]]:
    with ExitStack() as stack:
        stands = []
        for rows, state in ((0, ""), (waiting, "waiting"), (done, "done")):
            stand = _stand(kind, f"{rows:,} {state}".strip(), arena)
            stack.callback(stand.process.stop)
            stands.append(stand)
            if rows:
                _post(stand, orders, "template", requests=1)
                _multiply(stand.url, rows, state=state)
        yield stands


def _stand(kind: str, holds: str, arena: Arena) -> Stand:
    url, port = arena.database(kind), free_port()
    command = [PYTHON, "-m", "handcart.cli", "serve", f"{APP}:receiving", "--port", str(port)]
    env = settings(url, port=port)
    process = start(command, env=env, port=port, log=arena.scratch() / "log", door="/healthz")
    return Stand(kind, holds if holds != "0" else "empty", url, process)


def _multiply(url: str, rows: int, *, state: str) -> None:
    """So many copies of the one delivery there is: waiting, or done long ago and shrunk."""
    database = Database(url)
    with database.writing() as work:
        kind = work.dialect.name
        values = {column.name: column.name for column in deliveries.columns}
        values |= {"webhook_id": f"'round-' || {_IN_NO_ORDER[kind]}", "place": "n + 1"}
        values |= {"resource": "'orders:' || (n / 3)"}
        if state == "done":
            values |= dict.fromkeys(("added_at", "due_at", "ended_at"), _MONTHS_AGO[kind])
            values |= {"state": "'shrunk'", "body": _EMPTY[kind], "digest": _DIGEST[kind]}
        _insert_copies(work, values, rows)
        if kind == "postgresql":
            work.execute(text("SELECT setval('deliveries_place', :last)"), {"last": rows + 2})
    database.close()
    _tidy(url)


def _insert_copies(work: Connection, values: dict[str, str], rows: int) -> None:
    series = _SERIES[work.dialect.name]
    copies = (
        f"INSERT INTO deliveries ({', '.join(values)}) SELECT {', '.join(values.values())}"
        f" FROM {series} AS numbers, (SELECT * FROM deliveries LIMIT 1) AS template"
    )
    work.execute(text(copies), {"rows": rows})


def _round(stands: Sequence[Stand], orders: Path, run: str) -> list[dict[str, Any]]:
    """A second of posting to each, then claims of each in turn, so that noise meets them alike."""
    posted = [_post(stand, orders, run, seconds=1) for stand in stands]
    claims = _claims([stand.url for stand in stands])
    for stand in stands:
        _forget(stand.url, run)
    return [
        {
            "stand": f"{stand.kind}, {stand.holds}",
            "kind": stand.kind,
            "accepted": heard.rate,
            "cpu": heard.cpu,
            "claim": statistics.median(taken) * 1000,
        }
        for stand, heard, taken in zip(stands, posted, claims, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Posted:
    rate: float
    cpu: float


def _post(
    stand: Stand, orders: Path, run: str, *, seconds: float = 3600, requests: int | None = None
) -> _Posted:
    before = stand.process.cpu()
    port = stand.process.port
    heard = drive(Plan(port, "/webhooks", str(orders), run, 32, seconds, requests=requests))
    if heard.refused:
        raise RuntimeError(f"{stand} refused: {heard.answers}")
    return _Posted(heard.rate, (stand.process.cpu() - before) / heard.acknowledged * 1e6)


def _claims(urls: Sequence[str]) -> list[list[float]]:
    """Seconds for each claim of the oldest sixteen, which are then out of the way."""
    databases = [Database(url) for url in urls]
    taken: list[list[float]] = [[] for _ in urls]
    for _ in range(_CLAIMS):
        for database, seconds in zip(databases, taken, strict=True):
            seconds.append(_claim(database))
    for database in databases:
        database.close()
    return taken


def _claim(database: Database) -> float:
    at = datetime.now(UTC)
    began = time.perf_counter()
    with database.writing() as work:
        rows = inbox.claim(work, at=at)
    seconds = time.perf_counter() - began
    with database.writing() as work:
        for row in rows:
            inbox.done(work, row, at=at)
    return seconds


def _forget(url: str, run: str) -> None:
    """What the round has added goes, so that the empty one is empty again."""
    database = Database(url)
    with database.writing() as work:
        work.execute(text("DELETE FROM deliveries WHERE webhook_id LIKE :run"), {"run": f"{run}-%"})
    database.close()
    _tidy(url)


def _tidy(url: str) -> None:
    """As the server's own housekeeping would, at a time of our choosing."""
    import psycopg

    if url.startswith("sqlite"):
        # Or the first deliveries would wait until gigabytes are where they belong.
        database = Database(url)
        database.leave_no_trace()
        database.close()
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE deliveries")


def _section(rows: Sequence[dict[str, Any]]) -> str:
    middle = report.medians(rows, by="stand")
    base = {row["kind"]: row for name, row in middle.items() if name.endswith("empty")}
    head = ["database", "accepted a second", "of empty", "CPU µs", "of empty"]
    head += ["claim of 16, ms", "of empty"]
    body = []
    for name, row in middle.items():
        cells = [name]
        for key, form in (("accepted", ",.0f"), ("cpu", ",.0f"), ("claim", ".2f")):
            cells += [format(row[key], form), f"{row[key] / base[row['kind']][key]:.0%}"]
        body.append(cells)
    return report.table(head, body)


if __name__ == "__main__":
    print(machine.facts(), file=sys.stderr)
    main()
