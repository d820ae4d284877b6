"""What we aim at and what the last run came to, as one table.

python -m benchmarks.summary                    # of the lines in .build/benchmarks.jsonl
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from . import report

Row = Mapping[str, Any]
_RATIOS = (
    ("flask", "Flask, one SQLAlchemy insert a request", 10),
    ("shopifyapp", "the same with `shopifyapp`", 10),
    ("platform", "the platform's Express package", 6),
    ("express", "Express by hand", 4),
)
_DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Lines:
    """The lines of one run, and medians of them."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._rows: list[Row] = []
        for row in map(json.loads, lines):
            self._rows = [] if row["benchmark"] == "machine" else [*self._rows, row]

    def median(self, benchmark: str, key: str, **like: str) -> float | None:
        rows = [
            {"all": "", **row}
            for row in self._rows
            if row["benchmark"] == benchmark
            and all(text in str(row[name]) for name, text in like.items())
        ]
        found: float | None = report.medians(rows, by="all")[""].get(key) if rows else None
        return found

    def names(self, benchmark: str, key: str) -> list[str]:
        """Every different value, in the order in which they came."""
        return list(dict.fromkeys(row[key] for row in self._rows if row["benchmark"] == benchmark))


def summary(lines: Lines) -> str:
    head = ["what", "aim", "measured"]
    rows = [*_received(lines), *_applied(lines), *_felt(lines), *_held(lines), *_recovered(lines)]
    return report.table(head, [row for row in rows if row[2]])


def _received(lines: Lines) -> Iterator[list[str]]:
    for family, name, aim in _RATIOS:
        yield [f"received, × {name}", f"≥ {aim}", _each(lines, "handcart", family)]
    yield ["receiver in a Flask app, × Flask", "≥ 4", _each(lines, "blueprint", "flask")]
    rate = lines.median("receive", "rate", contender="Handcart, SQLite")
    bare = lines.median("disk", "rate")
    share = f"{rate / bare:.0%} of {bare:,.0f} rows a second" if rate and bare else ""
    yield ["received on SQLite, of the bare disk's group commits", "≥ 40 %", share]
    for key, what, wanted, form in (
        ("cpu", "CPU for each webhook received, µs", "≤ 250", "{:,.0f}"),
        ("p50_alone", "p50 of the answer with one connection, ms", "≤ 1", "{:,.2f}"),
    ):
        found = {
            name: lines.median("receive", key, contender=f"Handcart, {name}")
            for name in _DATABASES.values()
        }
        yield [what, wanted, _listed(found, form)]


def _each(lines: Lines, ours: str, theirs: str) -> str:
    """Our rate over theirs, on each database; brokers in front are another matter."""
    ratios = {}
    for database, name in _DATABASES.items():
        like = {"database": database}
        own = lines.median("receive", "rate", family=ours, promise="committed", **like)
        other = lines.median("receive", "rate", family=theirs, **like)
        ratios[name] = own / other if own and other else None
    return _listed(ratios, "{:.1f}")


def _applied(lines: Lines) -> Iterator[list[str]]:
    crews = lines.names("apply", "crew")
    for key, what, aim, form in (
        ("rate", "received and applied a second", "≥ 2,000 SQLite, ≥ 1,500 PostgreSQL", "{:,.0f}"),
        ("cpu", "CPU for each received and applied, µs", "≤ 400", "{:,.0f}"),
    ):
        found = {crew: lines.median("apply", key, crew=crew) for crew in crews}
        yield [what, aim, _listed(found, form)]


def _felt(lines: Lines) -> Iterator[list[str]]:
    full = {"load": "as many"}
    page = lines.median("flood", "page_p99", **full)
    told = lines.median("flood", "told_p99", **full)
    answer = lines.median("flood", "answer_p99", load="70 %")
    yield ["p99 of a page while it takes all the webhooks it can", "≤ 30 ms", _ms(page)]
    yield ["p99 from a cart's change to the other browser, meanwhile", "≤ 30 ms", _ms(told)]
    yield ["p99 of the answer to a webhook at 70 % of that", "< 50 ms", _ms(answer)]


def _held(lines: Lines) -> Iterator[list[str]]:
    for kind, name in _DATABASES.items():
        stands = [stand for stand in lines.names("backlog", "stand") if stand.startswith(kind)]
        for key, what in (("accepted", "accepted"), ("claim", "time of a claim")):
            empty = lines.median("backlog", key, stand=f"{kind}, empty")
            costs = {
                stand.partition(", ")[2]: (lines.median("backlog", key, stand=stand) or 0) / empty
                for stand in stands
                if empty and "empty" not in stand
            }
            yield [f"{name}, {what}, of an empty database's", "± 10 %", _listed(costs, "{:.0%}")]
    most = {
        name: lines.median("memory", "most", database=kind) for kind, name in _DATABASES.items()
    }
    grown = {
        name: lines.median("memory", "growth", database=kind) for kind, name in _DATABASES.items()
    }
    yield ["resident memory, MiB", "< 150", _listed(most, "{:.0f}")]
    yield ["what it grew in the last quarter, MiB", "0", _listed(grown, "{:+.1f}")]


def _recovered(lines: Lines) -> Iterator[list[str]]:
    for way in lines.names("recovery", "way"):
        first = lines.median("recovery", "first", way=way)
        all_ = lines.median("recovery", "taken_over", way=way)
        if first is not None:
            taken = f", what was in hand {all_:.1f} s" if all_ is not None else ""
            aim = "< 10 s" if "other" in way else "< 2 s"
            yield [f"first effect after a kill: {way}", aim, f"{first:.2f} s{taken}"]


def _listed(found: Mapping[str, float | None], form: str) -> str:
    return ", ".join(
        f"{form.format(value)} ({name})" for name, value in found.items() if value is not None
    )


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} ms"


if __name__ == "__main__":
    print(summary(Lines(report.LINES.read_text().splitlines())))
