"""How much memory the process that receives holds, and whether that grows.

    python -m benchmarks.memory [--minutes 2] [--rate 500] [--only sqlite]

``--minutes 60`` is the soak.

One process of the sample app receives at an even rate and gives each order its effect. Its
resident memory is read every second.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from . import machine, report
from .apply import Crew, working
from .arena import Arena, Process
from .load import Plan, drive
from .orders import TOPICS, write_orders

_DATABASES = ("sqlite", "postgresql")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--only", choices=_DATABASES, help="this database alone")
    options = parser.parse_args()
    databases = (options.only,) if options.only else _DATABASES
    with Arena() as arena:
        print(measure(arena, options.minutes, rate=options.rate, databases=databases))


def measure(
    arena: Arena, minutes: float, *, rate: float, databases: Sequence[str] = _DATABASES
) -> str:
    """The section of the report, one row a database."""
    folder = arena.scratch()
    orders = folder / "orders"
    write_orders(orders, count=400, topics=TOPICS[1:])
    rows = []
    for database in databases:
        url = arena.database(database)
        with working(Crew("", database), url, arena.scratch()) as (process,):
            plan = Plan(process.port, "/webhooks", str(orders), "soak", 32, minutes * 60, rate=rate)
            with _watched(process) as seen:
                heard = drive(plan)
        arena.forget(url)
        if heard.refused:
            raise RuntimeError(f"refused: {heard.answers}")
        rows.append(_row(database, seen, deliveries=heard.acknowledged))
        report.keep("memory", rows[-1])
    return _section(rows)


@contextmanager
def _watched(process: Process) -> Iterator[list[float]]:
    """MiB, every second."""
    seen = [machine.resident(process.popen.pid)]
    over = threading.Event()

    def look() -> None:
        while not over.wait(1):
            seen.append(machine.resident(process.popen.pid))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _row(database: str, seen: Sequence[float], *, deliveries: int) -> dict[str, Any]:
    """``growth``: by how much the medians of the third and the fourth quarter differ."""
    quarter = max(1, len(seen) // 4)
    third, fourth = seen[-2 * quarter : -quarter], seen[-quarter:]
    return {
        "database": database,
        "deliveries": deliveries,
        "minutes": len(seen) / 60,
        "at_rest": seen[0],
        "most": max(seen),
        "end": statistics.median(fourth),
        "growth": statistics.median(fourth) - statistics.median(third or fourth),
    }


def _section(rows: Sequence[dict[str, Any]]) -> str:
    head = ["database", "minutes", "deliveries", "MiB before", "most", "last quarter"]
    head += ["more than the quarter before"]
    figures = report.columns(
        minutes=".1f", deliveries=",.0f", at_rest=".0f", most=".0f", end=".0f", growth="+.1f"
    )
    return report.table(head, [[row["database"], *figures(row)] for row in rows])


if __name__ == "__main__":
    print(machine.facts(), file=sys.stderr)
    main()
