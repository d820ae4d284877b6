"""What only a database with many writers can get wrong."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, func, inspect, select, text, update

from handcart.storage import Database, add_task, metadata, new_task
from handcart.storage.database import alone
from handcart.storage.many import inserting_placed
from handcart.storage.outbox import outbox, tasks
from handcart.testing.queue_battery import AT, SHOP, Witness, at_once
from tests.postgres import Server

pytestmark = pytest.mark.server


@pytest.fixture
def db(postgresql_url: str) -> Iterator[Database]:
    database = Database(postgresql_url)
    yield database
    database.close()


def count(db: Database) -> int:
    with db.reading() as view:
        return view.scalar(select(func.count()).select_from(tasks)) or 0


def test_transactions_run_beside_each_other(db: Database) -> None:
    with db.writing() as one, db.writing() as other:
        add_task(one, SHOP, "fulfil", {}, at=AT)
        add_task(other, SHOP, "fulfil", {}, at=AT)
    assert count(db) == 2


def test_a_reader_sees_one_moment_until_it_ends(db: Database) -> None:
    with db.reading() as view:
        assert view.scalar(select(func.count()).select_from(tasks)) == 0
        with db.writing() as work:
            add_task(work, SHOP, "fulfil", {}, at=AT)
        assert view.scalar(select(func.count()).select_from(tasks)) == 0
    assert count(db) == 1


def test_a_commit_is_on_the_disk_unless_the_server_is_told_otherwise(db: Database) -> None:
    with db.writing() as work:
        assert work.scalar(text("SHOW synchronous_commit")) == "on"


def test_connections_that_the_server_has_dropped_are_replaced(
    db: Database, postgresql: Server
) -> None:
    assert count(db) == 0
    with db.writing() as work:
        add_task(work, SHOP, "fulfil", {}, at=AT)
    statement = inserting_placed(db.kind, tasks, [new_task(SHOP, "fulfil", {}, at=AT)])
    assert db.autocommit(*statement) == 1
    postgresql.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        f" AND datname = '{db.url.database}'"
    )
    assert db.autocommit(*statement) == 0
    assert count(db) == 2
    with db.writing() as work:
        add_task(work, SHOP, "fulfil", {}, at=AT)
    assert count(db) == 3


def test_bodies_are_packed_the_fast_way_where_the_server_can(db: Database) -> None:
    with db.reading() as view:
        can = view.scalar(
            text(
                "SELECT 'lz4' = ANY(enumvals) FROM pg_settings"
                " WHERE name = 'default_toast_compression'"
            )
        )
        packed = view.scalar(
            text(
                "SELECT attcompression FROM pg_attribute"
                " WHERE attrelid = 'deliveries'::regclass AND attname = 'body'"
            )
        )
    assert packed == ("l" if can else "")


def test_of_processes_that_start_at_once_one_migrates(postgresql: Server) -> None:
    postgresql.run("CREATE DATABASE started_at_once")
    several = [Database(postgresql.url("started_at_once")) for _ in range(4)]
    at_once([one.migrate for one in several])
    with several[0].reading() as view:
        assert {*metadata.tables} <= {*inspect(view).get_table_names()}
    for one in several:
        one.close()
    postgresql.run("DROP DATABASE started_at_once WITH (FORCE)")


def test_whoever_asks_for_a_name_waits_for_the_commit_of_the_one_before(db: Database) -> None:
    order: list[str] = []

    def second() -> None:
        with db.writing() as work:
            alone(work, SHOP, "order 1")
            order.append("second")

    waiting = threading.Thread(target=second)
    with db.writing() as work:
        alone(work, SHOP, "order 1")
        waiting.start()
        with db.writing() as other:
            alone(other, SHOP, "order 2")
            alone(other, "other-tea.myshopify.com", "order 1")
        time.sleep(0.2)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


def test_an_older_row_that_is_committed_late_waits_for_the_younger_one_in_hand(
    db: Database,
) -> None:
    with db.writing() as slow:
        add_task(slow, SHOP, "late", {}, at=AT, resource="order:1")
        with db.writing() as work:
            add_task(work, SHOP, "early", {}, at=AT, resource="order:1")
        with db.writing() as work:
            [younger] = outbox.claim(work, at=AT)
    assert younger.name == "early"
    with db.writing() as work:
        assert outbox.claim(work, at=AT) == []
        assert outbox.done(work, younger, at=AT)
        [older] = outbox.claim(work, at=AT)
    assert older.name == "late"
    assert older.place < younger.place


def test_an_older_row_that_is_committed_late_waits_for_the_younger_one_being_claimed(
    db: Database,
) -> None:
    with db.writing() as claiming:
        with db.writing() as slow:
            add_task(slow, SHOP, "late", {}, at=AT, resource="order:1")
            with db.writing() as work:
                add_task(work, SHOP, "early", {}, at=AT, resource="order:1")
            [younger] = outbox.claim(claiming, at=AT)
        assert younger.name == "early"
        with db.writing() as work:
            assert outbox.claim(work, at=AT) == []


def test_a_row_that_another_worker_is_just_claiming_is_passed_over(db: Database) -> None:
    with db.writing() as work:
        for resource in ("order:1", "order:1", "order:2"):
            add_task(work, SHOP, "fulfil", {}, at=AT, resource=resource)
    with db.writing() as one, db.writing() as other:
        [first] = outbox.claim(one, at=AT, limit=1)
        assert [row.resource for row in outbox.claim(other, at=AT)] == ["order:2"]
    assert first.resource == "order:1"


def test_no_resource_is_held_twice_though_places_are_committed_out_of_order(db: Database) -> None:
    """Receivers that dawdle before they commit, workers that dawdle while they claim."""
    seen, stop = Witness(), threading.Event()

    def receive(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(20):
            with db.writing() as work:
                resource = f"order:{dice.randrange(2)}"
                add_task(work, SHOP, "fulfil", {}, at=AT, resource=resource)
                time.sleep(dice.choice([0.0, 0.05, 0.2]))

    def work(seed: int) -> None:
        dice = random.Random(seed)
        while not stop.is_set():
            with db.writing() as claiming:
                rows = outbox.claim(claiming, at=AT, limit=3)
                time.sleep(dice.random() * 0.05)
            for row in rows:
                seen.took(row)
            for row in rows:
                time.sleep(dice.random() * 0.05)
                seen.lets_go(row, ended=True)
                with db.writing() as ending:
                    assert outbox.done(ending, row, at=AT)

    def watch() -> None:
        deadline = time.monotonic() + 60
        while sum(map(len, seen.ended.values())) < 120 and time.monotonic() < deadline:
            time.sleep(0.02)
        stop.set()

    receivers = [partial(receive, seed) for seed in range(6)]
    at_once([watch, *receivers, *(partial(work, seed) for seed in range(4))])
    assert seen.wrong == []
    assert sum(map(len, seen.ended.values())) == 120
    assert any(places != sorted(places) for places in seen.ended.values())  # so it was tried


def test_a_claim_finds_what_is_in_the_way_by_its_resource_whatever_the_statistics_say(
    db: Database,
) -> None:
    """Statistics from a quiet hour say that nothing waits; every row that does costs a look."""
    with db.writing() as work:
        for number in range(500):
            add_task(work, SHOP, "fulfil", {}, at=AT, resource=f"order:{number}")
        work.execute(update(tasks).values(state="done", ended_at=AT))
        work.execute(text("ANALYZE tasks"))
    asked: list[tuple[str, Any]] = []

    def listen(connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    with db.writing() as work:
        event.listen(work, "before_cursor_execute", listen)
        assert outbox.claim(work, at=AT) == []
        event.remove(work, "before_cursor_execute", listen)
        (claim,) = [one for one in asked if "FOR UPDATE" in one[0]]
        plan = work.exec_driver_sql(f"EXPLAIN {claim[0]}", claim[1]).scalars().all()
    assert any("ix_tasks_resource" in step for step in plan), "\n".join(plan)
