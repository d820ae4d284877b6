from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from handcart.errors import SettingsError
from handcart.storage import Database, add_task, engines, new_task
from handcart.storage.many import inserting_placed
from handcart.storage.outbox import tasks
from tests.quick import DURABLE

SHOP = "juniper-tea.myshopify.com"


def count(view: Connection) -> int:
    return view.scalar(select(func.count()).select_from(tasks)) or 0


def test_a_transaction_that_fails_leaves_nothing_behind(db: Database, at: datetime) -> None:
    with pytest.raises(RuntimeError), db.writing() as work:
        add_task(work, SHOP, "prepare_for_pickup", {}, at=at)
        raise RuntimeError
    with db.reading() as view:
        assert count(view) == 0


@pytest.mark.sqlite
def test_a_commit_is_durable_before_writing_ends(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engines.WRITER, "synchronous", DURABLE)
    with db.writing() as work:
        assert work.scalar(text("PRAGMA synchronous")) == 2  # FULL
        assert work.scalar(text("PRAGMA journal_mode")) == "wal"


def test_a_reader_cannot_write(db: Database, at: datetime) -> None:
    with pytest.raises(DBAPIError, match="read-?only"), db.reading() as view:
        add_task(view, SHOP, "prepare_for_pickup", {}, at=at)


def test_a_reader_sees_only_what_is_committed(db: Database, at: datetime) -> None:
    with db.writing() as work:
        add_task(work, SHOP, "prepare_for_pickup", {}, at=at)
        with db.reading() as view:
            assert count(view) == 0
    with db.reading() as view:
        assert count(view) == 1


def test_writers_come_one_after_the_other(db: Database, at: datetime) -> None:
    def write() -> None:
        for _ in range(20):
            with db.writing() as work:
                add_task(work, SHOP, "prepare_for_pickup", {}, at=at)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as view:
        places = sorted(view.scalars(select(tasks.c.place)))
    assert places == list(range(1, 161))


def statement(db: Database, *new: Mapping[str, Any]) -> tuple[str, Any]:
    return inserting_placed(db.kind, tasks, new)


def test_a_statement_of_its_own_is_committed_when_it_returns(db: Database, at: datetime) -> None:
    new = [new_task(SHOP, "prepare_for_pickup", {}, at=at) for _ in range(3)]
    assert db.autocommit(*statement(db, *new)) == 3
    assert db.autocommit(*statement(db, *new[1:], new_task(SHOP, "fulfil", {}, at=at))) == 1
    with db.reading() as view:
        places = view.execute(select(tasks.c.key, tasks.c.place).order_by(tasks.c.place)).all()
    assert [row.key for row in places[:3]] == [one["key"] for one in new]
    assert len({row.place for row in places}) == 4


def test_of_a_statement_of_its_own_that_fails_nothing_stays(db: Database, at: datetime) -> None:
    good, wrong = (new_task(SHOP, "prepare_for_pickup", {}, at=at) for _ in range(2))
    for _ in range(2):
        with pytest.raises(Exception, match="(?i)not.null"):
            db.autocommit(*statement(db, good, {**wrong, "resource": None}))
    assert db.autocommit(*statement(db, good)) == 1
    with db.reading() as view:
        assert count(view) == 1


@pytest.mark.sqlite
def test_a_statement_of_its_own_waits_for_the_transaction_in_hand(
    db: Database, at: datetime
) -> None:
    order: list[str] = []

    def add() -> None:
        db.autocommit(*statement(db, new_task(SHOP, "fulfil", {}, at=at)))
        order.append("statement")

    thread = threading.Thread(target=add)
    with db.writing() as work:
        thread.start()
        thread.join(0.2)
        add_task(work, SHOP, "prepare_for_pickup", {}, at=at)
        order.append("transaction")
    thread.join()
    assert order == ["transaction", "statement"]


def test_a_statement_of_its_own_connects_anew_after_all_was_closed(
    db: Database, at: datetime
) -> None:
    db.autocommit(*statement(db, new_task(SHOP, "fulfil", {}, at=at)))
    db.close()
    db.autocommit(*statement(db, new_task(SHOP, "fulfil", {}, at=at)))
    with db.reading() as view:
        assert count(view) == 2


def test_postgresql_without_its_driver_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"handcart\[postgres\]"):
        Database("postgresql://localhost/handcart")


def test_times_come_back_aware_and_in_utc(db: Database) -> None:
    sofia = datetime(2026, 11, 23, 11, 0, tzinfo=timezone(timedelta(hours=2)))
    with db.writing() as work:
        add_task(work, SHOP, "prepare_for_pickup", {}, at=sofia)
    with db.reading() as view:
        back = view.scalar(select(tasks.c.added_at))
    assert back == sofia
    assert back is not None
    assert back.tzinfo is UTC


def test_a_naive_time_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"), db.writing() as work:
        work.execute(insert(tasks).values(shop=SHOP, key="k", added_at=datetime(2026, 1, 1)))


def test_what_goes_wrong_in_a_statement_does_not_say_what_was_in_it(db: Database) -> None:
    with pytest.raises(DBAPIError) as wrong, db.writing() as work:
        work.execute(text("INSERT INTO nowhere VALUES (:name)"), {"name": "Mina Sato"})
    assert "nowhere" in str(wrong.value)
    assert "Mina" not in str(wrong.value)
