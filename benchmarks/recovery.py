"""How soon the work goes on after a process was killed in the middle of it.

    python -m benchmarks.recovery [--rounds 3]

Orders are posted and given their effect; then the process is killed (``SIGKILL``), as a power cut
of it would. One machine: the same process is started again, and the clock runs from the kill,
Python's own start included. Two processes on PostgreSQL: nobody is started; the other one goes on
with its own work at once and takes over what the dead one had in hand when its leases run out.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from handcart.testing.street import free_port

from . import machine, report
from .apply import moment
from .arena import PYTHON, Arena, Process, count, query, settings, start
from .field import APP
from .load import Driving, Plan
from .orders import TOPICS, write_orders

_PATIENCE = 120.0
_ENDED = "SELECT ended_at, attempts FROM deliveries WHERE state = 'done'"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with Arena() as arena:
        print(measure(arena, options.rounds))


def measure(arena: Arena, rounds: int) -> str:
    """The section of the report."""
    orders = arena.scratch() / "orders"
    write_orders(orders, count=400, topics=TOPICS)
    ways: dict[str, Callable[[Arena, Path], dict[str, Any]]] = {
        "SQLite, started again": lambda *where: _started_again("sqlite", *where),
        "PostgreSQL, started again": lambda *where: _started_again("postgresql", *where),
        "PostgreSQL, the other process goes on": _taken_over,
    }
    rows = []
    for turn, (name, way) in report.in_turn(rounds, list(ways.items())):
        row = {"way": name, **way(arena, orders)}
        report.keep("recovery", {"round": turn, **row})
        rows.append(row)
    return _section(rows)


def _started_again(database: str, arena: Arena, orders: Path) -> dict[str, Any]:
    url, port, log = arena.database(database), free_port(), arena.scratch() / "log"
    with ExitStack() as stack:
        process = _serve(url, port, log)
        posting = _post(process, orders)
        killed = _kill(process)
        stack.callback(_serve(url, port, log, door=None).stop)
        posting.heard()
        found = _what_became(url, killed=killed)
    arena.forget(url)
    return found


def _taken_over(arena: Arena, orders: Path) -> dict[str, Any]:
    url, log = arena.database("postgresql"), arena.scratch() / "log"
    with ExitStack() as stack:
        other, process = (_serve(url, free_port(), log) for _ in range(2))
        stack.callback(other.stop)
        stack.callback(process.stop)
        posting = [_post(one, orders) for one in (process, other)]
        killed = _kill(process)
        for one in posting:
            one.heard()
        found = _what_became(url, killed=killed)
    arena.forget(url)
    return found


def _serve(url: str, port: int, log: Path, *, door: str | None = "/healthz") -> Process:
    command = [PYTHON, "-m", "handcart.cli", "serve", f"{APP}:working", "--port", str(port)]
    return start(command, env=settings(url, port=port), port=port, log=log, door=door)


def _post(process: Process, orders: Path) -> Driving:
    """As many as it takes for five seconds; the first of them is over when this returns."""
    run = f"posted{process.port}"
    posting = Driving(Plan(process.port, "/webhooks", str(orders), run, 32, 5))
    time.sleep(1)
    return posting


def _kill(process: Process) -> datetime:
    """When that was."""
    process.kill()
    return datetime.now(UTC)


def _what_became(url: str, *, killed: datetime) -> dict[str, Any]:
    """In seconds after the kill: the first effect, and the last of what had been in hand."""
    deadline = time.monotonic() + _PATIENCE
    while count(url, "deliveries WHERE state = 'waiting'"):
        if time.monotonic() > deadline:
            raise RuntimeError("the work does not go on")
        time.sleep(0.2)
    ended = [(moment(at), int(str(tries))) for at, tries in query(url, _ENDED)]
    after = [(at - killed.timestamp(), tries) for at, tries in ended if at > killed.timestamp()]
    in_hand = [at for at, tries in after if tries > 1]
    return {
        "first": min(at for at, _ in after),
        "taken_over": max(in_hand, default=None),
        "in_hand": len(in_hand),
    }


def _section(rows: Sequence[dict[str, Any]]) -> str:
    head = ["killed", "first effect after, s", "longest of the rounds"]
    head += ["what was in hand, done after, s", "so many"]
    figures = report.columns(first=".2f", longest=".2f", taken_over=".1f", in_hand=".0f")
    body = []
    for name, row in report.medians(rows, by="way").items():
        longest = max(one["first"] for one in rows if one["way"] == name)
        body.append([name, *figures({**row, "longest": longest})])
    return report.table(head, body)


if __name__ == "__main__":
    print(machine.facts(), file=sys.stderr)
    main()
