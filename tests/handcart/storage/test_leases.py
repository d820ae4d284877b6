from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from handcart.storage import Database, add_task
from handcart.storage.leases import BEAT, LONGEST_HOLD, Leases
from handcart.storage.outbox import outbox, tasks

SHOP = "juniper-tea.myshopify.com"


@dataclass
class Seconds:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def claimed(db: Database, at: datetime, count: int) -> list[Any]:
    with db.writing() as work:
        for _ in range(count):
            add_task(work, SHOP, "fulfil", {}, at=at)
        return outbox.claim(work, at=at)


def rows(db: Database) -> list[tuple[int, bool]]:
    """Of each row the attempts and whether somebody holds it, in order."""
    with db.reading() as view:
        found = view.execute(select(tasks).order_by(tasks.c.place))
        return [(row.attempts, row.leased_until is not None) for row in found]


def test_what_waits_behind_a_slow_one_is_given_to_others(db: Database, at: datetime) -> None:
    seconds = Seconds()
    leases, ours = Leases(now=seconds), claimed(db, at, 3)
    turns = leases.each(outbox, ours)
    assert next(turns) is ours[0]
    seconds.now += BEAT
    assert leases.renew(db, at=at) == 3
    seconds.now += 0.1
    assert leases.renew(db, at=at) == 1
    assert rows(db) == [(1, True), (0, False), (0, False)]
    with db.writing() as work:
        assert [row.attempts for row in outbox.claim(work, at=at)] == [1, 1]
    assert list(turns) == []  # they are somebody else's now


def test_each_turn_has_its_own_time(db: Database, at: datetime) -> None:
    seconds = Seconds()
    leases, ours = Leases(now=seconds), claimed(db, at, 3)
    turns = leases.each(outbox, ours)
    for left in (3, 2, 1):
        next(turns)
        seconds.now += BEAT
        assert leases.renew(db, at=at) == left
    assert list(turns) == []
    assert leases.renew(db, at=at) == 0


def test_a_row_that_is_held_for_too_long_is_given_up(db: Database, at: datetime) -> None:
    seconds = Seconds()
    leases, ours = Leases(now=seconds), claimed(db, at, 1)
    turns = leases.each(outbox, ours)
    next(turns)
    seconds.now += LONGEST_HOLD - 1
    assert leases.renew(db, at=at) == 1
    seconds.now += 1
    assert leases.renew(db, at=at) == 0
    turns.close()
