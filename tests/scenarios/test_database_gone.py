"""PostgreSQL stops in the middle of everything, comes back, or another takes its place."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from handcart.storage.queue import LEASE
from handcart.testing.street import until
from tests.postgres import NotToBeHad

from .account import all_well
from .conftest import AppProcess
from .flood import Flood, trade
from .kept import MODULE, Kept, kept
from .servers import Node, folders, one_server
from .sizes import size
from .storm import endless
from .wires import wire

pytestmark = pytest.mark.server


@pytest.fixture
def server() -> Iterator[Node]:
    try:
        with one_server() as node:
            make_database(node)
            yield node
    except NotToBeHad as reason:
        pytest.skip(str(reason))


def make_database(node: Node) -> None:
    with psycopg.connect(node.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE app")


def is_told(flood: Flood, times: int = 10) -> None:
    before = flood.answers[503]
    until(lambda: flood.answers[503] > before + times, "nobody is told that the database is away")


def ends_well(app: Kept, flood: Flood) -> None:
    before = len(flood.acked)
    until(lambda: len(flood.acked) > before + 50, "it does not go on")
    flood.stop()
    app.settle(seconds=120)
    assert app.account() == all_well(len(flood.acked))
    assert flood.late == 0


def test_a_server_that_crashes_and_comes_back_is_used_again_without_a_restart(
    server: Node, tmp_path: Path
) -> None:
    with kept(tmp_path, server.url("app")) as app:
        app.process.start()
        flood = app.flood(endless(1), rate=150)
        until(lambda: len(flood.acked) > 50, "nothing is acknowledged")
        for _ in range(size(2, 20)):
            server.stop()
            is_told(flood)
            time.sleep(size(1, 60))
            server.start()
            until(lambda: app.process.is_alive, "it died")
        ends_well(app, flood)


def test_a_standby_that_takes_over_has_everything_that_was_acknowledged(
    server: Node, tmp_path: Path
) -> None:
    with folders("twin") as (folder,):
        twin = server.copy(folder)
        twin.start()
        _wait_for_both(server)
        try:
            with wire(server.port) as between:
                address = f"postgresql://postgres@127.0.0.1:{between.port}/app"
                with kept(tmp_path, address) as app:
                    app.process.start()
                    flood = app.flood(endless(1), rate=150)
                    until(lambda: len(flood.acked) > 100, "nothing is acknowledged")
                    server.stop()
                    between.down = True
                    between.cut()
                    is_told(flood)
                    twin.promote()
                    # Nobody follows the new server yet, so it must not wait for one that does.
                    between.target, between.down = twin.port, False
                    ends_well(app, flood)
        finally:
            twin.stop()


def _wait_for_both(server: Node) -> None:
    """From now on a commit is acknowledged when the standby has it on its disk, too."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:

        def follows() -> bool:
            found = connection.execute("SELECT sync_state FROM pg_stat_replication").fetchall()
            return found == [("sync",)]

        connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'twin'")
        connection.execute("SELECT pg_reload_conf()")
        until(follows, "the standby does not follow")


def test_a_worker_that_wakes_after_its_lease_changes_nothing_any_more(
    server: Node, tmp_path: Path
) -> None:
    """Stopped with rows in hand, it goes on when others have long taken them over."""
    with kept(tmp_path, server.url("app")) as app:
        port = str(app.port)
        zombie = AppProcess({**app.env, "PORT": "0"}, module=MODULE)
        app.process.start()
        zombie.url = "http://127.0.0.1:" + port  # it has a door of its own that nobody knows
        zombie.start()
        try:
            flood = app.flood(list(trade(1, size(600, 20_000), things=300)), rate=150)
            for _ in range(size(2, 20)):
                time.sleep(0.5)
                os.kill(zombie.pid, signal.SIGSTOP)
                time.sleep(LEASE.total_seconds() + 1)
                os.kill(zombie.pid, signal.SIGCONT)
            flood.wait(seconds=600)
            app.settle(seconds=120)
            assert app.account() == all_well(len(flood.acked))
        finally:
            zombie.stop()
