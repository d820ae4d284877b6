from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from handcart import Handcart
from handcart.storage import add_task
from handcart.storage.outbox import tasks
from handcart_webhooks import retention, sweeps
from handcart_webhooks.inbox import deliveries
from handcart_webhooks.retention import BATCH, KEPT, Retention

from .conftest import SHOP, Client, Clock
from .test_worker import LEVEL, work_off


class Watched(Retention):
    """Notes how many rows each of its transactions took."""

    def __init__(self, app: Handcart) -> None:
        self.rests: list[float] = []
        self.took: list[int] = []
        super().__init__(app, sleep=self.rests.append)

    def _batch(self, step: Any, *, before: datetime) -> int:
        self.took.append(super()._batch(step, before=before))
        return self.took[-1]


def cleaning(app: Handcart) -> Retention:
    return Retention(app, sleep=lambda seconds: None)


def rows(app: Handcart) -> list[Any]:
    with app.db.reading() as view:
        return list(view.execute(select(deliveries).order_by(deliveries.c.place)))


def add_tasks(app: Handcart, count: int, *, state: str, at: datetime) -> None:
    with app.db.writing() as work:
        for _ in range(count):
            add_task(work, SHOP, "fulfil", {}, at=at)
        mine = tasks.c.state == "waiting"
        work.execute(update(tasks).where(mine).values(state=state, ended_at=at))


def task_states(app: Handcart) -> list[str]:
    with app.db.reading() as view:
        return list(view.scalars(select(tasks.c.state)))


def test_a_done_delivery_shrinks_after_thirty_days_and_is_still_recognised(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    client.post("inventory_levels/update", LEVEL, Webhook_Id="w1")
    work_off(installed)
    [row] = rows(installed)
    digest = hashlib.sha256(row.body).digest()
    clock.advance(days=30)
    cleaning(installed).clean_up(clock())
    assert [(row.state, row.digest) for row in rows(installed)] == [("done", None)]
    clock.advance(seconds=1)
    cleaning(installed).clean_up(clock())
    [row] = rows(installed)
    assert (row.state, row.body, row.digest) == ("shrunk", b"", digest)
    client.post("inventory_levels/update", LEVEL, Webhook_Id="w1")
    work_off(installed)
    assert [row.state for row in rows(installed)] == ["shrunk"]


def test_dead_letters_and_what_waits_stay_as_they_are(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    client.post("themes/publish", {"id": 1})
    work_off(installed)
    client.post("inventory_levels/update", LEVEL)
    with installed.db.writing() as work:
        add_task(work, SHOP, "fulfil", {}, at=clock())
    add_tasks(installed, 1, state="dead", at=clock())
    before = rows(installed)
    clock.advance(days=365)
    cleaning(installed).clean_up(clock())
    assert rows(installed) == before
    assert task_states(installed) == ["dead", "dead"]


def test_done_tasks_and_old_reports_of_sweeps_go(installed: Handcart, clock: Clock) -> None:
    add_tasks(installed, 3, state="done", at=clock())
    with installed.db.writing() as work:
        sweeps.add(work, SHOP, "orders", since=clock(), until=None, at=clock())
    clock.advance(days=29)
    add_tasks(installed, 2, state="done", at=clock())
    with installed.db.writing() as work:
        kept = sweeps.add(work, SHOP, "orders", since=clock(), until=None, at=clock())
    clock.advance(days=2)
    cleaning(installed).clean_up(clock())
    assert task_states(installed) == ["done", "done"]
    with installed.db.reading() as view:
        assert sweeps.of_shop(view, SHOP) == (kept,)


def test_no_transaction_takes_more_than_a_batch_and_each_is_followed_by_a_rest(
    installed: Handcart, clock: Clock
) -> None:
    add_tasks(installed, 2 * BATCH + 1, state="done", at=clock())
    clock.advance(days=31)
    watched = Watched(installed)
    watched.clean_up(clock())
    assert [took for took in watched.took if took] == [BATCH, BATCH, 1]
    assert len(watched.rests) == 3
    assert task_states(installed) == []


def test_a_batch_of_bodies_is_no_larger(
    installed: Handcart, client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        client.post("inventory_levels/update", {**LEVEL, "inventory_item_id": number + 1})
    work_off(installed)
    clock.advance(days=31)
    watched = Watched(installed)
    watched.clean_up(clock())
    assert watched.took[:4] == [2, 2, 1, 0]
    assert {row.state for row in rows(installed)} == {"shrunk"}


def test_a_row_that_was_due_long_ago_and_ended_just_now_stays(
    installed: Handcart, clock: Clock
) -> None:
    add_tasks(installed, 1, state="done", at=clock())
    with installed.db.writing() as work:
        work.execute(update(tasks).values(ended_at=clock() + timedelta(days=20)))
    clock.advance(days=31)
    cleaning(installed).clean_up(clock())
    assert task_states(installed) == ["done"]
    assert timedelta(days=30) == KEPT
