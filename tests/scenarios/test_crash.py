"""The process is killed at each point that has a name, and started again: nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from handcart import crash

from .account import all_well
from .conftest import ROOT
from .kept import Kept, kept


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Kept]:
    with kept(tmp_path) as app:
        yield app


@pytest.mark.server
@pytest.mark.parametrize("point", [*crash.RECEIVING, *crash.HANDLING])
def test_a_kill_on_the_way_to_an_effect_loses_nothing_and_doubles_nothing(
    app: Kept, point: str
) -> None:
    app.process.start(HANDCART_CRASH_AT=f"{point}:3")
    flood = app.flood()
    assert app.process.wait_for_death() == -9
    app.process.start()
    flood.wait()
    app.settle()
    assert app.account() == all_well(60)
    assert requests.get(f"{app.process.url}/readyz", timeout=5).json() == {"status": "ready"}


def named_in_the_code() -> list[str]:
    """The argument of every call of ``crash_point``."""
    found: list[str] = []
    for folder in ("sdk", "webhooks"):
        for path in (ROOT / folder).rglob("*.py"):
            found += re.findall(r'crash_point\("(\w+)"\)', path.read_text())
    return found


def test_each_point_is_in_the_code_and_each_in_the_code_is_known() -> None:
    assert set(named_in_the_code()) == set(crash.POINTS)
    assert len(crash.POINTS) == len(set(crash.POINTS)) >= 20
