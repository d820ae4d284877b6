from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from handcart.storage import Database, add_task
from handcart.storage.outbox import outbox, tasks
from handcart.storage.queue import LEASE, MAX_ATTEMPTS, pause

SHOP = "juniper-tea.myshopify.com"
OTHER = "other-tea.myshopify.com"


def add(db: Database, at: datetime, *resources: str, shop: str = SHOP) -> None:
    with db.writing() as work:
        for resource in resources:
            add_task(work, shop, "fulfil", {}, at=at, resource=resource)


def claim(db: Database, at: datetime, limit: int = 16) -> list[Any]:
    with db.writing() as work:
        return outbox.claim(work, at=at, limit=limit)


def end(db: Database, how: str, row: Any, at: datetime, **more: Any) -> bool:
    with db.writing() as work:
        done: bool = getattr(outbox, how)(work, row, at=at, **more)
        return done


def state(db: Database, key: str) -> Any:
    with db.reading() as view:
        return view.execute(select(tasks).where(tasks.c.key == key)).one()


def test_only_the_oldest_of_a_resource_is_given_out(db: Database, at: datetime) -> None:
    add(db, at, "order:1", "order:1", "order:2")
    assert [row.place for row in claim(db, at)] == [1, 3]
    assert claim(db, at) == []


def test_the_next_of_a_resource_follows_when_the_first_has_ended(
    db: Database, at: datetime
) -> None:
    add(db, at, "order:1", "order:1")
    [first] = claim(db, at)
    assert end(db, "done", first, at)
    assert [row.place for row in claim(db, at)] == [2]


def test_the_same_resource_of_another_shop_does_not_wait(db: Database, at: datetime) -> None:
    add(db, at, "order:1")
    add(db, at, "order:1", shop=OTHER)
    assert [row.shop for row in claim(db, at)] == [SHOP, OTHER]


def test_a_dead_letter_does_not_hold_up_its_resource(db: Database, at: datetime) -> None:
    add(db, at, "order:1", "order:1")
    [first] = claim(db, at)
    assert end(db, "bury", first, at, reason="payload_invalid: id")
    assert [row.place for row in claim(db, at)] == [2]
    assert state(db, first.key).reason == "payload_invalid: id"


def test_a_lease_that_ran_out_is_given_to_the_next(db: Database, at: datetime) -> None:
    add(db, at, "order:1")
    [first] = claim(db, at)
    assert claim(db, at + LEASE - timedelta(seconds=1)) == []
    [second] = claim(db, at + LEASE)
    assert (first.attempts, second.attempts) == (1, 2)


def test_whoever_lost_the_lease_can_no_longer_end_the_row(db: Database, at: datetime) -> None:
    add(db, at, "order:1")
    [zombie] = claim(db, at)
    [heir] = claim(db, at + LEASE)
    assert not end(db, "done", zombie, at + LEASE)
    assert not end(db, "failed", zombie, at + LEASE, reason="late")
    assert state(db, heir.key).state == "waiting"
    assert end(db, "done", heir, at + LEASE)


def test_a_failure_is_tried_again_later_and_holds_its_place(db: Database, at: datetime) -> None:
    add(db, at, "order:1", "order:1")
    [first] = claim(db, at)
    assert end(db, "failed", first, at, reason="throttled")
    later = at + timedelta(minutes=11)
    assert [row.place for row in claim(db, later)] == [1]


def test_what_fails_again_and_again_rests_with_the_dead_letters(db: Database, at: datetime) -> None:
    add(db, at, "order:1")
    for _ in range(MAX_ATTEMPTS):
        [row] = claim(db, at)
        end(db, "failed", row, at, reason="throttled")
        at += timedelta(hours=1)
    assert claim(db, at) == []
    assert state(db, row.key).state == "dead"


def test_next_due_is_the_soonest_that_waits(db: Database, at: datetime) -> None:
    soon = at + timedelta(seconds=5)
    with db.writing() as work:
        assert outbox.next_due(work) is None
        add_task(work, SHOP, "fulfil", {}, at=at, due_at=soon)
        assert outbox.next_due(work) == soon
    assert claim(db, at) == []


@given(st.integers(min_value=1, max_value=10_000))
def test_a_pause_never_passes_its_ceiling(attempts: int) -> None:
    assert timedelta(0) <= pause(attempts) <= timedelta(seconds=min(600, 2 ** min(attempts, 20)))
