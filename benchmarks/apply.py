"""Orders received and given their effect exactly once, in order, by the real handlers.

    python -m benchmarks.apply [--rounds 2] [--orders 3000]

Every order is told of three times. The clock runs from the first delivery that was kept to the
last that was done. Then the database is asked: every delivery done at the first try, one row an
order, one task an order, and no delivery done before an earlier one of its order.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from handcart.testing.street import free_port

from . import machine, report
from .arena import PYTHON, Arena, Process, count, query, settings, start
from .field import APP
from .load import Plan, drive
from .orders import FIRST_ID, TOPICS, write_orders

_SERVE = [PYTHON, "-m", "handcart.cli", "serve"]
_WORK = [PYTHON, "-m", "handcart.cli", "work", f"{APP}:working"]
_PATIENCE = 120.0
_TOO_EARLY = """(SELECT ended_at, lag(ended_at) OVER
    (PARTITION BY shop, resource ORDER BY place) AS earlier FROM deliveries) AS line
    WHERE ended_at < earlier"""


@dataclass(frozen=True, slots=True)
class Crew:
    """``workers`` processes beside the receiver; none: all of it is one process."""

    name: str
    database: str
    workers: int = 0


CREWS = (
    Crew("SQLite, one process", "sqlite"),
    Crew("PostgreSQL, one process", "postgresql"),
    *(Crew(f"PostgreSQL, a receiver and {n}", "postgresql", n) for n in (1, 2, 4)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--orders", type=int, default=3000)
    parser.add_argument("--only", default="", help="crews whose name has this in it")
    options = parser.parse_args()
    with Arena() as arena:
        print(measure(arena, options.rounds, options.orders, only=options.only))


def measure(arena: Arena, rounds: int, orders: int, *, only: str = "") -> str:
    """The section of the report."""
    folder = arena.scratch()
    write_orders(folder / "warm", count=100, topics=TOPICS, first=1)
    write_orders(folder / "orders", count=orders, topics=TOPICS)
    crews = [crew for crew in CREWS if only.lower() in crew.name.lower()]
    rows = []
    for turn, crew in report.in_turn(rounds, crews):
        row = _round(crew, arena, folder, orders * len(TOPICS))
        report.keep("apply", {"round": turn, **row})
        rows.append(row)
    return _section(rows)


def _round(crew: Crew, arena: Arena, folder: Path, deliveries: int) -> dict[str, Any]:
    url = arena.database(crew.database)
    with working(crew, url, arena.scratch()) as processes:
        _tell(processes[0].port, folder / "warm", url, deliveries=100 * len(TOPICS))
        before = [process.cpu() for process in processes]
        database_before = arena.postgresql.cpu() if crew.database == "postgresql" else 0.0
        heard = _tell(processes[0].port, folder / "orders", url, deliveries=deliveries)
        cpu = sum(one.cpu() for one in processes) - sum(before)
        database = arena.postgresql.cpu() - database_before if database_before else None
    seconds = _seconds(url)
    _check(url, deliveries)
    arena.forget(url)
    return {
        "crew": crew.name,
        "deliveries": deliveries,
        "accepted": heard,
        "rate": deliveries / seconds,
        "cpu": cpu / deliveries * 1e6,
        "database_cpu": database and database / deliveries * 1e6,
    }


@contextmanager
def working(crew: Crew, url: str, folder: Path) -> Iterator[list[Process]]:
    """The processes of a crew, the one with the door first."""
    port = free_port()
    app = f"{APP}:receiving" if crew.workers else f"{APP}:working"
    with ExitStack() as stack:
        processes = []
        for number in range(crew.workers + 1):
            command = _WORK if number else [*_SERVE, app, "--port", str(port)]
            door = None if number else "/healthz"
            env = settings(url, port=port)
            log = folder / f"{number}.log"
            processes.append(start(command, env=env, port=port, log=log, door=door))
            stack.callback(processes[-1].stop)
        yield processes


def _tell(port: int, orders: Path, url: str, *, deliveries: int) -> float:
    """Return at what rate they were accepted, once all that was kept is done."""
    plan = Plan(port, "/webhooks", str(orders), orders.name, requests=deliveries)
    heard = drive(plan)
    if heard.refused:
        raise RuntimeError(f"refused: {heard.answers}")
    deadline = time.monotonic() + _PATIENCE
    while count(url, "deliveries WHERE state = 'waiting'"):
        if time.monotonic() > deadline:
            raise RuntimeError(f"not done: {query(url, _BY_STATE)}")
        time.sleep(0.2)
    return heard.rate


def _seconds(url: str) -> float:
    """From the first delivery kept to the last one done, the warm-up left out."""
    ((began, ended),) = query(
        url,
        "SELECT min(added_at), max(ended_at) FROM deliveries WHERE webhook_id LIKE 'orders-%'",
    )
    return moment(ended) - moment(began)


def moment(value: Any) -> float:
    """Seconds since 1970 of a time out of either database; SQLite keeps it as text, in UTC."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return float((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def _check(url: str, deliveries: int) -> None:
    """Exactly once and in order, or there is no figure."""
    ours = "webhook_id LIKE 'orders-%'"
    orders = deliveries // len(TOPICS)
    about = f"order_id >= {FIRST_ID}"
    found = {
        "done": count(url, f"deliveries WHERE state = 'done' AND {ours}"),
        "orders": count(url, f"orders WHERE {about}"),
        "tasks": count(url, "tasks WHERE name = 'find_pickups'") - 100,
        "tried again": count(url, f"deliveries WHERE attempts <> 1 AND {ours}"),
        "too early": count(url, _TOO_EARLY),
    }
    expected = {"done": deliveries, "orders": orders, "tasks": orders}
    if found != {**expected, "tried again": 0, "too early": 0}:
        raise RuntimeError(f"not exactly once, or not in order: {found}")


_BY_STATE = "SELECT state, reason, count(*) FROM deliveries GROUP BY state, reason"


def _section(rows: Sequence[dict[str, Any]]) -> str:
    middle = report.medians(rows, by="crew")
    head = ["who", "received and applied a second", "accepted a second", "CPU µs", "database's µs"]
    figures = report.columns(rate=",.0f", accepted=",.0f", cpu=",.0f", database_cpu=",.0f")
    body = [[name, *figures(row)] for name, row in middle.items()]
    said = (
        f"{rows[0]['deliveries']:,} deliveries about {rows[0]['deliveries'] // len(TOPICS):,} "
        "orders, three each, over 32 connections: each done once, at its first try, none before "
        "an earlier one of its order."
    )
    return f"{report.table(head, body)}\n\n{said}"


if __name__ == "__main__":
    print(machine.facts(), file=sys.stderr)
    main()
