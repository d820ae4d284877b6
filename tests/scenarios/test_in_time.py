"""The database is held by another process, or does not answer: ours comes in time all the same."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from handcart.testing.street import until

from .account import all_well
from .flood import trade
from .kept import Kept, kept
from .sizes import size
from .storm import endless
from .wires import wire

pytestmark = pytest.mark.server
LARGEST_WAL = 128 * 2**20


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Kept]:
    with kept(tmp_path) as app:
        app.process.start()
        yield app


@contextmanager
def held(database: Path, statement: str) -> Iterator[None]:
    """Another connection is in the transaction that ``statement`` begins."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute(statement)
        other.execute("SELECT count(*) FROM deliveries").fetchone()
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("seconds", [1, size(8, 30)])
def test_while_another_process_holds_the_write_lock_answers_come_in_time(
    app: Kept, tmp_path: Path, seconds: int
) -> None:
    flood = app.flood(list(trade(1, 300)), rate=50)
    with held(tmp_path / "handcart.db", "BEGIN IMMEDIATE"):
        time.sleep(seconds)
    flood.wait()
    app.settle()
    assert app.account() == all_well(300)
    assert flood.late == 0


def test_while_another_process_reads_for_long_the_wal_does_not_grow_without_bound(
    app: Kept, tmp_path: Path
) -> None:
    flood = app.flood(endless(1), rate=300)
    with held(tmp_path / "handcart.db", "BEGIN"):
        time.sleep(size(5, 60))
        assert flood.answers[200] > 50
        assert (tmp_path / "handcart.db-wal").stat().st_size < LARGEST_WAL
    flood.stop()
    app.settle()
    assert app.account() == all_well(len(flood.acked))
    assert flood.late == 0


def test_a_wal_that_cannot_be_emptied_grows_no_further_and_is_emptied_afterwards(
    tmp_path: Path,
) -> None:
    largest = 6 * 2**20
    wal = tmp_path / "handcart.db-wal"
    with kept(tmp_path, LEDGER_LARGEST_WAL=str(largest)) as app:
        app.process.start()
        flood = app.flood(list(trade(1, 1500, padding=3000)), connections=16)
        with held(tmp_path / "handcart.db", "BEGIN"):
            until(lambda: flood.answers[503] > 20, "the WAL grows and grows", seconds=60)
            assert wal.stat().st_size < largest + 4 * 2**20
        flood.wait(seconds=100)
        app.settle(seconds=100)
        assert app.account() == all_well(1500)
        assert flood.late == 0


def test_a_database_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, postgresql_url: str
) -> None:
    """The wire swallows everything: no error comes, and the platform waits five seconds."""
    url = make_url(postgresql_url)
    assert url.port
    with wire(url.port) as between:
        through = url.set(port=between.port).render_as_string(hide_password=False)
        with kept(tmp_path, through) as app:
            app.process.start()
            flood = app.flood(list(trade(1, 300, things=2000)), rate=100)
            until(lambda: len(flood.acked) > 300 / 5, "nothing gets through")
            between.silent = True
            time.sleep(size(7, 60))
            between.silent = False
            flood.wait(seconds=600)
            app.settle(seconds=90)
            assert app.account() == all_well(300)
            assert flood.answers[503] > 0
            assert flood.late == 0
