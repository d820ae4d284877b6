"""Each benchmark runs and tells, however small the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import apply, backlog, carts, flood, memory, report
from benchmarks.arena import Arena
from tests.postgres import NotToBeHad

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    with Arena() as arena:
        yield arena


@pytest.mark.parametrize(
    ("measure", "rows"),
    [
        (lambda arena: apply.measure(arena, 1, 20, only="SQLite"), 1),
        (lambda arena: flood.measure(arena, 1), 3),
        (lambda arena: backlog.measure(arena, 1, waiting=9, done=9, kinds=["sqlite"]), 3),
        (lambda arena: memory.measure(arena, 0.02, rate=50), 2),
        (lambda arena: carts.measure(arena, 5, carts=100, kinds=["sqlite"]), 2),
    ],
    ids=["apply", "flood", "backlog", "memory", "carts"],
)
def test_a_small_run_gives_its_table_and_its_lines(
    measure: Callable[[Arena], str],
    rows: int,
    arena: Arena,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report, "LINES", tmp_path / "lines.jsonl")
    try:
        section = measure(arena)
    except NotToBeHad as reason:
        pytest.skip(str(reason))
    lines = [json.loads(line) for line in report.LINES.read_text().splitlines()]
    table = [line for line in section.splitlines() if line.startswith("| ")]
    assert len(lines) == rows
    assert len(table) == rows + 2
    assert {line.count("|") for line in table} == {table[0].count("|")}
