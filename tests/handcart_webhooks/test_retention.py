from __future__ import annotations

import gc
import hashlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, bindparam, func, insert, select, update

from handcart import Handcart
from handcart.storage import add_task
from handcart.storage.outbox import tasks
from handcart_webhooks import retention, sweeps
from handcart_webhooks.inbox import deliveries
from handcart_webhooks.pace import FEWEST, LARGEST, TARGET, Pace
from handcart_webhooks.retention import KEPT, Retention, Step

from .conftest import SHOP, Client, Clock
from .test_worker import LEVEL, work_off


class Watched(Retention):
    """Notes how many rows each of its transactions took, and how long it rested after it.

    A row takes ``cost`` seconds, by the clock that it is given.
    """

    def __init__(self, app: Handcart, *, cost: float) -> None:
        self.rests: list[float] = []
        self.sizes: list[int] = []
        self.seconds = 0.0
        self.cost = cost
        super().__init__(app, sleep=self.rests.append, now=lambda: self.seconds)

    def _batch(self, step: Step, pace: Pace, *, before: datetime) -> int:
        def end(work: Connection, found: Sequence[Any]) -> None:
            step.end(work, found)
            self.sizes.append(len(found))
            self.seconds += self.cost * len(found)

        return super()._batch(Step(step.find, end), pace, before=before)


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


def test_batches_grow_until_they_take_a_moment_and_each_is_followed_by_a_rest(
    installed: Handcart, clock: Clock
) -> None:
    add_tasks(installed, 100, state="done", at=clock())
    clock.advance(days=31)
    watched = Watched(installed, cost=0.0005)
    watched.clean_up(clock())
    assert watched.sizes == [5, 10, 20, 22, 24, 19]  # 20 take 10 ms
    assert watched.rests == [0.02] * 6
    assert task_states(installed) == []


def test_whoever_is_slow_takes_little_and_rests_as_long_as_it_took(
    installed: Handcart, clock: Clock
) -> None:
    add_tasks(installed, 42, state="done", at=clock())
    clock.advance(days=31)
    watched = Watched(installed, cost=0.0)
    (tasks,) = (step for step in retention.STEPS if step.find is retention.find_tasks)
    watched._batch(tasks, pace := Pace(), before=clock() - KEPT)
    watched._batch(tasks, pace, before=clock() - KEPT)
    watched.cost = 0.004
    while watched._batch(tasks, pace, before=clock() - KEPT):
        pass
    assert watched.sizes == [5, 10, 20, 7]  # half of 20, had there been as many
    assert watched.rests == pytest.approx([0.02, 0.02, 0.08, 0.028])


def test_a_run_that_has_too_much_to_do_leaves_the_rest_to_the_next(
    installed: Handcart, clock: Clock
) -> None:
    add_tasks(installed, 10, state="done", at=clock())
    clock.advance(days=31)
    watched = Watched(installed, cost=retention.LONGEST_RUN)
    watched.clean_up(clock())
    assert watched.sizes == [5]
    watched.clean_up(clock())
    assert watched.sizes == [5, 5]
    assert task_states(installed) == []


@given(
    commit=st.floats(0, TARGET / 4),
    row=st.floats(1e-6, TARGET / 2 / FEWEST),
    misses=st.sets(st.integers(0, 59)),
)
def test_no_batch_takes_longer_than_the_target_whatever_a_row_costs(
    commit: float, row: float, misses: set[int]
) -> None:
    """Now and then the disk takes longer, too: that makes the next batch smaller, not larger."""
    pace = Pace()
    for number in range(60):
        size, seconds = pace.size, commit + pace.size * row
        assert seconds <= TARGET
        pace.took(size, seconds + TARGET * (number in misses))
        assert FEWEST <= pace.size <= min(LARGEST, 2 * size)


def test_it_finds_its_size_again_after_the_disk_was_slow() -> None:
    pace = Pace()
    for seconds in [0.5] * 20 + [0.001] * 10:
        pace.took(pace.size, seconds)
    assert pace.size == LARGEST


def test_large_bodies_make_small_batches(installed: Handcart, client: Client, clock: Clock) -> None:
    for number in range(5):
        incompressible = Random(number).randbytes(512 * 1024).hex()
        filled = {**LEVEL, "inventory_item_id": number + 1, "note": incompressible}
        client.post("inventory_levels/update", filled)
    work_off(installed)
    clock.advance(days=31)
    watched = Watched(installed, cost=0.0)
    watched.clean_up(clock())
    assert watched.sizes[:3] == [2, 2, 1]
    assert {row.state for row in rows(installed)} == {"shrunk"}


def test_what_changes_between_the_look_and_the_end_is_left_as_it_is(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    """Somebody replays one delivery, and a customer is forgotten in another."""
    for name in ("w1", "w2", "w3"):
        client.post("inventory_levels/update", LEVEL, Webhook_Id=name)
    work_off(installed)
    clock.advance(days=31)
    with installed.db.reading() as view:
        found = retention.find_deliveries(view, before=clock() - KEPT, limit=10)
    with installed.db.writing() as work:
        change = update(deliveries).where(deliveries.c.webhook_id == bindparam("of"))
        work.execute(change.values(state="waiting"), [{"of": "w1"}])
        work.execute(change.values(body=b""), [{"of": "w2"}])
        retention.shrink_deliveries(work, found)
    assert [(row.state, row.digest is None) for row in rows(installed)] == [
        ("waiting", True),
        ("done", True),
        ("shrunk", False),
    ]


def fill(app: Handcart, count: int, *, at: datetime) -> None:
    """So many deliveries that were done at ``at``."""
    done = {"state": "done", "attempts": 1, "added_at": at, "due_at": at, "ended_at": at}
    with app.db.writing() as work:
        for first in range(0, count, 5000):
            work.execute(
                insert(deliveries),
                [
                    {
                        "shop": SHOP,
                        "webhook_id": f"w{number}",
                        "topic": "orders/create",
                        "body": b"%d" % number * 50,
                        "place": number,
                        "resource": f"orders:{number}",
                        **done,
                    }
                    for number in range(first, first + 5000)
                ],
            )


@pytest.fixture
def nothing_to_collect() -> Iterator[None]:
    """Python looks through all that the other tests left behind otherwise, in the middle of it."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.server
@pytest.mark.sqlite
@pytest.mark.usefixtures("nothing_to_collect")
def test_a_hundred_thousand_rows_shrink_without_anybody_waiting_for_long(
    installed: Handcart, clock: Clock
) -> None:
    """Counted in this thread's time, so that a busy machine does not fail it."""
    fill(installed, 100_000, at=clock())
    with closing(sqlite3.connect(str(installed.db.url.database))) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what filling left to do
    clock.advance(days=31)
    rests: list[float] = []
    Retention(installed, sleep=rests.append, now=time.thread_time).clean_up(clock())
    with installed.db.reading() as view:
        states = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
        assert [tuple(row) for row in view.execute(states)] == [("shrunk", 100_000)]
    late = [rest for rest in rests if rest > TARGET]  # a rest is as long as its batch
    assert len(rests) > 50
    assert len(late) < len(rests) / 3
    assert max(rests) < 0.05


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
