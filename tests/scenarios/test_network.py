"""Wires that are slow, are cut, or lose the answer on its way back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import make_url

from handcart.testing.street import until

from .account import all_well
from .flood import trade
from .kept import kept
from .sizes import size
from .wires import wire

pytestmark = pytest.mark.server
COUNT = size(300, 20_000)


def test_an_answer_that_is_lost_on_its_way_back_doubles_nothing(tmp_path: Path) -> None:
    with kept(tmp_path) as app, wire(app.port) as between:
        app.process.start()
        between.answers_lost = 20
        flood = app.flood(list(trade(1, COUNT)), port=between.port).wait(seconds=600)
        app.settle()
        assert between.lost > COUNT / 10
        assert app.account() == all_well(len(flood.acked)) == all_well(COUNT)


def test_connections_that_are_cut_and_slow_lose_nothing(tmp_path: Path) -> None:
    with kept(tmp_path) as app, wire(app.port) as between:
        app.process.start()
        between.delay = 0.01
        flood = app.flood(list(trade(1, COUNT)), port=between.port)
        while not flood.is_over:
            time.sleep(0.3)
            between.cut()
            between.delay = 0.0 if between.delay else 0.02
        app.settle()
        assert flood.answers[0] > 0
        assert app.account() == all_well(COUNT)


def test_a_slow_wire_to_the_database_costs_time_and_a_cut_one_heals(
    tmp_path: Path, postgresql_url: str
) -> None:
    url = make_url(postgresql_url)
    assert url.port
    with wire(url.port) as between:
        through = url.set(port=between.port).render_as_string(hide_password=False)
        with kept(tmp_path, through) as app:
            app.process.start()
            between.delay = 0.02
            flood = app.flood(list(trade(1, COUNT, things=2000)), rate=150)
            until(lambda: len(flood.acked) > COUNT / 5, "nothing gets through")
            between.delay, between.down = 0.0, True
            between.cut()
            until(lambda: flood.answers[503] > 10, "nobody is told that the database is away")
            between.down = False
            flood.wait(seconds=600)
            app.settle(seconds=90)
            assert app.account() == all_well(COUNT)
            assert flood.late == 0
