"""What a deployment needs on its busiest day, by arithmetic from the figures of the last run.

    python -m benchmarks.sizing                  # the tables of docs/sizing.md
    python -m benchmarks.sizing --shops 400 --orders 250

Figures come from ``.build/benchmarks.jsonl``: of each the median of its last three measurements,
none of them older than the last run of everything.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import report

# A machine that is fully used answers late: count on this much of it.
USABLE = 0.6
# Measured, indexes included, for orders of 8.8 KB: PostgreSQL compresses bodies, SQLite does not.
KEPT_KB = {"sqlite": 9.4, "postgresql": 3.3}
SHRUNK_KB = 0.57
KEPT_DAYS = 30
_LAST = 3


@dataclass(frozen=True, slots=True)
class Day:
    """``webhooks`` for each order; the busiest minute is ``burst`` times its hour's mean."""

    shops: int
    orders: int
    webhooks: float = 18
    busiest_hour: float = 0.12
    burst: float = 3

    @property
    def total(self) -> float:
        return self.shops * self.orders * self.webhooks

    @property
    def hour(self) -> float:
        """Webhooks a second in the busiest hour."""
        return self.total * self.busiest_hour / 3600

    @property
    def minute(self) -> float:
        """Webhooks a second in the busiest minute of it."""
        return self.hour * self.burst


DAYS = (Day(10, 500), Day(1000, 150), Day(10_000, 100))


@dataclass(frozen=True, slots=True)
class Figures:
    """Rates a second on two cores, µs of CPU and KB of disk for each webhook."""

    accepted: float
    applied: float
    accept_cpu: float
    apply_cpu: float
    database_cpu: float
    kept_kb: float


@dataclass(frozen=True, slots=True)
class Needs:
    """``machines``: how many times the machine that was measured."""

    machines: float
    cores: float
    database_cores: float
    behind_s: float
    disk_gb: float
    history_gb: float


def needs(day: Day, figures: Figures) -> Needs:
    """The busiest hour is worked off while it lasts; the busiest minute is accepted at once.

    ``apply_cpu`` is for received and applied together. ``behind_s``: how long the last delivery
    of the busiest minute waits for its effect on that many machines, or on one.
    """
    work = day.hour * figures.apply_cpu / 1e6 / USABLE
    door = day.minute * figures.accept_cpu / 1e6 / USABLE
    machines = max(day.minute / figures.accepted, day.hour / figures.applied / USABLE)
    speed = figures.applied * max(1.0, machines)
    return Needs(
        machines=machines,
        cores=max(work, door),
        database_cores=day.hour * figures.database_cpu / 1e6 / USABLE,
        behind_s=max(0.0, (day.minute - speed) * 60 / speed),
        disk_gb=day.total * figures.kept_kb * KEPT_DAYS / 1e6,
        history_gb=day.total * SHRUNK_KB * 365 / 1e6,
    )


def read_figures(lines: Iterable[str], database: str) -> Figures:
    """Raises LookupError when a benchmark has not been run."""
    rows: list[Mapping[str, Any]] = []
    for row in map(json.loads, lines):
        rows = [] if row["benchmark"] == "machine" else [*rows, row]
    receive = [row for row in rows if _is_receive(row, database)]
    apply = [row for row in rows if _is_apply(row, database)]
    if not receive or not apply:
        raise LookupError("run python -m benchmarks.receive and python -m benchmarks.apply first")
    return Figures(
        accepted=_median(receive, "rate"),
        applied=_median(apply, "rate"),
        accept_cpu=_median(receive, "cpu"),
        apply_cpu=_median(apply, "cpu"),
        database_cpu=_median(apply, "database_cpu"),
        kept_kb=KEPT_KB[database],
    )


def _is_receive(row: Mapping[str, Any], database: str) -> bool:
    names = {"sqlite": "Handcart, SQLite", "postgresql": "Handcart, PostgreSQL"}
    return bool(row["benchmark"] == "receive" and row["contender"] == names[database])


def _is_apply(row: Mapping[str, Any], database: str) -> bool:
    names = {"sqlite": "SQLite, one process", "postgresql": "PostgreSQL, one process"}
    return bool(row["benchmark"] == "apply" and row["crew"] == names[database])


def _median(rows: list[Mapping[str, Any]], key: str) -> float:
    return statistics.median(row[key] or 0.0 for row in rows[-_LAST:])


def figures_table(all_figures: Mapping[str, Figures]) -> str:
    head = ["", *all_figures]
    names = {
        "accepted": "accepted a second",
        "applied": "received and applied a second",
        "accept_cpu": "CPU µs to accept one",
        "apply_cpu": "CPU µs to accept and apply one",
        "database_cpu": "the database server's CPU µs for it",
        "kept_kb": "KB of disk until it is shrunk",
    }
    rows = [
        [text, *(_figure(getattr(one, name)) for one in all_figures.values())]
        for name, text in names.items()
    ]
    return report.table(head, rows)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def needs_table(days: Iterable[Day], all_figures: Mapping[str, Figures]) -> str:
    head = ["shops × orders", "webhooks that day", "busiest hour, a second", "busiest minute"]
    head += ["kept on", "machines like this", "cores", "the database's"]
    head += ["behind after that minute", "disk for thirty such days", "for 365 shrunk"]
    body = [
        [*_about(day), name, *_cells(needs(day, figures))]
        for day in days
        for name, figures in all_figures.items()
    ]
    return report.table(head, body)


def _about(day: Day) -> list[str]:
    shops = f"{day.shops:,} × {day.orders:,}"
    return [shops, f"{day.total:,.0f}", f"{day.hour:,.1f}", f"{day.minute:,.1f}"]


def _cells(need: Needs) -> list[str]:
    cores = [f"{value:.2f}" for value in (need.machines, need.cores, need.database_cores)]
    disk = [f"{need.disk_gb:,.0f} GB", f"{need.history_gb:,.0f} GB"]
    return [*cores, f"{need.behind_s:.0f} s", *disk]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shops", type=int)
    parser.add_argument("--orders", type=int, default=100, help="of one shop on that day")
    parser.add_argument("--webhooks", type=float, default=18, help="for each order")
    options = parser.parse_args()
    days = [Day(options.shops, options.orders, options.webhooks)] if options.shops else DAYS
    print(tables(days))


def tables(days: Sequence[Day] = DAYS) -> str:
    """The figures, and what these days need by them."""
    lines = report.LINES.read_text().splitlines()
    figures = {
        name: read_figures(lines, kind)
        for kind, name in {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.items()
    }
    return f"{figures_table(figures)}\n\n{needs_table(days, figures)}"


if __name__ == "__main__":
    main()
