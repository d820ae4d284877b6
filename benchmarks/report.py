"""Medians as a Markdown table, and every single measurement as a line of JSON."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

LINES = Path(__file__).parents[1] / ".build" / "benchmarks.jsonl"
Row = Mapping[str, Any]
_FROM, _TO = "<!-- figures -->", "<!-- end of the figures -->"


def keep(benchmark: str, row: Row) -> None:
    """Add a line to ``.build/benchmarks.jsonl``, and say so."""
    LINES.parent.mkdir(exist_ok=True)
    line = json.dumps({"benchmark": benchmark, **row}, default=str)
    with LINES.open("a") as file:
        file.write(line + "\n")
    print(line, file=sys.stderr, flush=True)


def medians(rows: Iterable[Row], *, by: str) -> dict[str, dict[str, Any]]:
    """Of every number the median over the rows that have the same ``by``; of others the first."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[by], []).append(row)
    return {name: {key: _median(key, group) for key in group[0]} for name, group in groups.items()}


def _median(key: str, group: Sequence[Row]) -> Any:
    values = [row[key] for row in group if row.get(key) is not None]
    if values and all(isinstance(value, int | float) for value in values):
        return statistics.median(values)
    return values[0] if values else None


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def put(page: Path, text: str) -> None:
    """Between the two marks of the page is now this text; raises ValueError without the marks."""
    before, _, rest = page.read_text().partition(_FROM)
    _, found, after = rest.partition(_TO)
    if not found:
        raise ValueError(f"{page} has no {_FROM} … {_TO}")
    page.write_text(f"{before}{_FROM}\n\n{text}\n\n{_TO}{after}")


def number(value: float | None, form: str = ",.0f") -> str:
    """An empty cell where nothing was measured."""
    return "" if value is None else format(value, form)


def in_turn(count: int, names: Sequence[Any]) -> Iterable[tuple[int, Any]]:
    """Every one in each of ``count`` rounds, the order turned round each time."""
    for turn in range(count):
        for name in names if turn % 2 == 0 else names[::-1]:
            yield turn, name


def columns(**forms: str) -> Callable[[Row], list[str]]:
    """Cells of a row in this order, each in its format."""
    return lambda row: [number(row.get(name), form) for name, form in forms.items()]
