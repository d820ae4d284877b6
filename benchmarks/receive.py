"""Webhooks received and durable before the 200: Handcart beside what others would write.

    python -m benchmarks.receive [--rounds 3] [--seconds 3] [--only NAME]

Each contender is started, warmed up, and measured with 32 connections and with one, in turn,
forwards and backwards. Then what it kept is counted: never less than what it acknowledged.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.postgres import NotToBeHad

from . import disk, machine, report
from .arena import Arena
from .field import COMMITTED, CONTENDERS, Contender, Running, running, settled
from .load import Heard, Plan, drive
from .orders import write_orders

Row = dict[str, Any]
_FAMILIES = ("flask", "shopifyapp", "platform", "express")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", default="", help="contenders whose name has this in it")
    options = parser.parse_args()
    with Arena() as arena:
        print(measure(arena, options.rounds, options.seconds, only=options.only))


def measure(arena: Arena, rounds: int, seconds: float, *, only: str = "") -> str:
    """The section of the report."""
    orders = arena.scratch() / "orders"
    size = write_orders(orders)
    field = [one for one in CONTENDERS if only.lower() in one.name.lower()]
    rows: list[Row] = []
    missing: dict[str, str] = {}
    bare: list[float] = []
    for turn, contender in report.in_turn(rounds, field):
        if contender is (field if turn % 2 == 0 else field[::-1])[0]:
            bare.append(disk.group_commits(arena.scratch() / "bare.db", orders))
            report.keep("disk", {"round": turn, "rate": bare[-1]})
        try:
            row = _round(contender, arena, orders, seconds)
        except NotToBeHad as reason:
            missing[contender.name] = str(reason)
        else:
            rows.append(row)
            report.keep("receive", {"round": turn, **row})
    return _section(rows, missing, size=size, bare=statistics.median(bare))


def _round(contender: Contender, arena: Arena, orders: Path, seconds: float) -> Row:
    with running(contender, arena) as run:
        warm = drive(_plan(run, orders, "warm", 32, 1))
        before, database_before = run.process.cpu(), run.database_cpu()
        many = drive(_plan(run, orders, "many", 32, seconds))
        cpu, database_cpu = run.process.cpu() - before, run.database_cpu() - database_before
        one = drive(_plan(run, orders, "one", 1, max(1, seconds / 3)))
        acknowledged = sum(heard.acknowledged for heard in (warm, many, one))
        rows = settled(run.kept, acknowledged)
    _check(contender, [warm, many, one], rows)
    return {
        "contender": contender.name,
        "family": contender.family,
        "database": contender.database,
        "promise": contender.promise,
        "rate": many.rate,
        "p50": many.p50,
        "p99": many.p99,
        "longest": many.longest,
        "p50_alone": one.p50,
        "cpu": cpu / many.acknowledged * 1e6,
        "database_cpu": database_cpu / many.acknowledged * 1e6 or None,
        "acknowledged": acknowledged,
        "kept": rows,
    }


def _plan(run: Running, orders: Path, name: str, connections: int, seconds: float) -> Plan:
    return Plan(run.process.port, "/webhooks", str(orders), name, connections, seconds)


def _check(contender: Contender, all_heard: Sequence[Heard], rows: int) -> None:
    """Whoever acknowledges what it has not kept, or refuses what it should take, has no figure."""
    acknowledged = sum(heard.acknowledged for heard in all_heard)
    refused = {key: n for heard in all_heard for key, n in heard.answers.items() if key != "200"}
    if rows < acknowledged:
        raise RuntimeError(f"{contender.name} lost {acknowledged - rows} of {acknowledged}")
    if sum(refused.values()) > acknowledged / 1000:
        raise RuntimeError(f"{contender.name} refused {refused}")


def _section(rows: Sequence[Row], missing: Mapping[str, str], *, size: int, bare: float) -> str:
    middle = report.medians(rows, by="contender")
    base = {
        (row["family"], row["database"]): row["rate"]
        for row in middle.values()
        if row["family"] in _FAMILIES
    }
    head = ["contender", "a second", "× Flask", "× shopifyapp", "× platform's", "× Express"]
    head += ["p50", "p99", "longest ms", "p50 alone", "CPU µs", "database's µs"]
    body = []
    for name, row in middle.items():
        ratios = [_times(row, base.get((family, row["database"]))) for family in _FAMILIES]
        body.append([name, f"{row['rate']:,.0f}", *ratios, *_FIGURES(row)])
    return "\n\n".join([report.table(head, body), *_notes(middle, missing, size=size, bare=bare)])


def _notes(
    middle: Mapping[str, Row], missing: Mapping[str, str], *, size: int, bare: float
) -> Iterator[str]:
    yield f"Bodies of {size:,} bytes, 32 connections; a ratio is to the same database."
    on_disk = {"handcart", "blueprint"}
    ours = [
        one for one in middle.values() if one["family"] in on_disk and "SQLite" in one["contender"]
    ]
    share = ", ".join(f"{row['contender']} {row['rate'] / bare:.0%}" for row in ours)
    yield (
        f"The bare disk, 32 rows a commit (SQLite, WAL, FULL): {bare:,.0f} rows a second. "
        f"Of that: {share or 'not measured'}."
    )
    for row in middle.values():
        if row["promise"] != COMMITTED:
            yield f"{row['contender']}: a 200 means {row['promise']}."
    for name, reason in missing.items():
        yield f"Left out: {name}: {reason}."


def _times(row: Mapping[str, Any], base: float | None) -> str:
    return f"{row['rate'] / base:.1f}" if base else ""


_FIGURES = report.columns(
    p50=",.1f", p99=",.1f", longest=",.0f", p50_alone=",.2f", cpu=",.0f", database_cpu=",.0f"
)

if __name__ == "__main__":
    print(machine.facts(), file=sys.stderr)
    main()
