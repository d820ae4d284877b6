"""How quick pages, carts and answers stay while webhooks pour in.

    python -m benchmarks.flood [--seconds 10] [--database sqlite]

One process of the sample app does it all: it receives, gives each order its effect, serves the
counter, keeps carts and tells listening browsers of their changes. It is measured at rest, with
webhooks at 70 % of what it was seen to accept, and with as many as it takes.
"""

from __future__ import annotations

import argparse
import http.client
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import machine, report
from .apply import Crew, working
from .arena import Arena
from .load import Driving, Heard, Plan
from .orders import TOPICS, write_orders
from .visitors import looking, shopper, staff


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--database", default="sqlite", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    with Arena() as arena:
        print(measure(arena, options.seconds, database=options.database))


def measure(arena: Arena, seconds: float, *, database: str = "sqlite") -> str:
    """The section of the report."""
    folder = arena.scratch()
    write_orders(folder / "orders", count=400, topics=TOPICS[1:])
    url = arena.database(database)
    rows = []
    with working(Crew("", database), url, folder) as (process,):
        port = process.port
        _post(port, folder / "orders", "warm", 1, None).heard()
        flood = _post(port, folder / "orders", "flood", seconds, None)
        rows.append(_look("as many as it takes", port, flood))
        full = rows[0]["webhooks"]
        _drain(port)
        some = _post(port, folder / "orders", "some", seconds, 0.7 * full)
        rows.insert(0, _look("70 % of that", port, some))
        _drain(port)
        rows.insert(0, _look("none", port, None, seconds=seconds))
    arena.forget(url)
    for row in rows:
        report.keep("flood", {"database": database, **row})
    return _section(rows)


def _post(port: int, orders: Path, run: str, seconds: float, rate: float | None) -> Driving:
    return Driving(Plan(port, "/webhooks", str(orders), run, 32, seconds, rate=rate))


def _drain(port: int) -> None:
    """Until the worker threads have caught up, a minute at the most."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        waiting = _waiting(port)
        if not waiting:
            return
        time.sleep(0.2)


def _waiting(port: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    wanted = 'handcart_queue_rows{queue="deliveries",state="waiting"}'
    return next(
        (float(line.split()[1]) for line in text.splitlines() if line.startswith(wanted)), 0
    )


def _look(load: str, port: int, driving: Driving | None, *, seconds: float = 5) -> dict[str, Any]:
    """What somebody sees who looks at pages and carts while the webhooks are driven."""
    with (
        staff(port) as counter,
        shopper(port) as cart,
        looking(counter) as pages,
        looking(cart) as changes,
    ):
        heard: Heard | None = None
        if driving is None:
            time.sleep(seconds)
        else:
            heard = driving.heard()
            if heard.refused:
                raise RuntimeError(f"refused: {heard.answers}")
    return {
        "load": load,
        "webhooks": heard.rate if heard else 0.0,
        "answer_p50": heard and heard.p50,
        "answer_p99": heard and heard.p99,
        "answer_longest": heard and heard.longest,
        "page_p50": _percentile(pages, 0.5),
        "page_p99": _percentile(pages, 0.99),
        "change_p50": _percentile([one[0] for one in changes], 0.5),
        "change_p99": _percentile([one[0] for one in changes], 0.99),
        "told_p50": _percentile([one[1] for one in changes], 0.5),
        "told_p99": _percentile([one[1] for one in changes], 0.99),
    }


def _percentile(values: Sequence[float], part: float) -> float | None:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else None


def _section(rows: Sequence[dict[str, Any]]) -> str:
    head = ["webhooks", "a second", "answer p50", "p99", "longest ms", "page p50", "p99 ms"]
    head += ["cart p50", "p99 ms", "other browser told p50", "p99 ms"]
    figures = report.columns(
        webhooks=",.0f",
        answer_p50=",.1f",
        answer_p99=",.1f",
        answer_longest=",.0f",
        page_p50=",.1f",
        page_p99=",.1f",
        change_p50=",.1f",
        change_p99=",.1f",
        told_p50=",.1f",
        told_p99=",.1f",
    )
    return report.table(head, [[row["load"], *figures(row)] for row in rows])


if __name__ == "__main__":
    print(machine.facts(), file=sys.stderr)
    main()
