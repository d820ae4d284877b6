"""The process is killed again and again at any moment, while webhooks pour in."""

from __future__ import annotations

from pathlib import Path

import pytest

from .account import all_well
from .kept import kept
from .sizes import size
from .storm import Storm, endless

pytestmark = pytest.mark.server


def test_kills_under_load_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    weather(tmp_path, None, kills=size(10, 100))


def test_kills_under_load_lose_nothing_and_double_nothing_on_postgresql(
    tmp_path: Path, postgresql_url: str
) -> None:
    weather(tmp_path, postgresql_url, kills=size(5, 100))


def weather(folder: Path, database_url: str | None, *, kills: int) -> None:
    with kept(folder, database_url) as app:
        app.process.start()
        flood = app.flood(endless(1), rate=400)
        storm = Storm(app, seed=1, longest_life=1.0)
        storm.rage(flood, kills=kills)
        flood.stop()
        app.settle()
        assert app.account() == all_well(len(flood.acked))
        assert storm.kills == kills
        assert len(flood.acked) > 100
        assert len(storm.resumes) > 0
