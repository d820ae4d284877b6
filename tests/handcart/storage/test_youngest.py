"""One shop adds very many tasks at once; others do not wait for all of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from handcart.relay import Relay
from handcart.storage import Database, Task, add_task
from handcart.storage.outbox import outbox


def shop(number: int) -> str:
    return f"shop-{number:03}.myshopify.com"


def add(db: Database, number: int, count: int, *, at: datetime, **more: Any) -> None:
    with db.writing() as work:
        for _ in range(count):
            add_task(work, shop(number), "fulfil", {}, at=at, **more)


class Done:
    """Carries everything out, and remembers for whom."""

    def __init__(self) -> None:
        self.shops: list[str] = []

    def call(self, task: Task) -> None:
        self.shops.append(task.shop)

    job = handler = call

    def handlers_of(self, event: str) -> list[str]:
        return []


def test_the_first_tasks_of_others_do_not_wait_for_hundreds_of_one_shop(
    db: Database, at: datetime
) -> None:
    add(db, 1, 300, at=at)
    for number in (2, 3, 4):
        add(db, number, 1, at=at)
    done = Done()
    relay = Relay(db, hands=done, clock=lambda: at)
    for _ in range(2):
        relay.step()
    assert {shop(2), shop(3), shop(4)} < set(done.shops)
    while relay.step():
        pass
    assert len(done.shops) == 303


def test_a_shop_that_goes_on_adding_is_one_among_others(db: Database, at: datetime) -> None:
    add(db, 2, 1, at=at)
    add(db, 1, 50, at=at + timedelta(seconds=1))
    with db.writing() as work:
        claimed = outbox.claim(work, at=at + timedelta(seconds=1), limit=4, youngest=True)
    assert [row.shop for row in claimed] == [shop(2), shop(1)]


def test_the_youngest_waits_for_what_is_older_of_its_resource(db: Database, at: datetime) -> None:
    add(db, 1, 3, at=at, resource="order:1")
    with db.writing() as work:
        [first] = outbox.claim(work, at=at, youngest=True)
        assert outbox.claim(work, at=at, youngest=True) == []
        assert outbox.done(work, first, at=at)
        [second] = outbox.claim(work, at=at, youngest=True)
    assert first.place < second.place


def test_the_oldest_is_not_forgotten_while_younger_ones_keep_coming(
    db: Database, at: datetime
) -> None:
    add(db, 1, 1, at=at)
    for number in range(2, 40):
        add(db, number, 1, at=at + timedelta(seconds=1))
    done = Done()
    relay = Relay(db, hands=done, clock=lambda: at + timedelta(seconds=1))
    for _ in range(2):
        relay.step()
    assert shop(1) in done.shops
