from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import select

from handcart import Handcart
from handcart.breaker import FAILURES, FIRST_PAUSE, PutOff
from handcart.errors import PlatformError, UserError, UserErrors
from handcart.events import PickupReady
from handcart.jobs import Hands
from handcart.relay import Relay
from handcart.storage import Database, Task, add_task, record
from handcart.storage.outbox import outbox, tasks
from handcart.storage.queue import LEASE, MAX_ATTEMPTS

SHOP = "juniper-tea.myshopify.com"
READY = PickupReady(pickup_id="p1", order_id=1, location_id=2)


@dataclass
class Now:
    at: datetime

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Recorder:
    """Stands where the platform and the developer's handlers are, at the edge of the relay."""

    subscribers: Sequence[str] = ()
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    done: list[tuple[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def _do(self, task: Task) -> None:
        self.keys.append(task.key)
        if self.failures.get(task.name):
            raise self.failures[task.name].pop(0)
        self.done.append((task.kind, task.name))

    call = job = handler = _do

    def handlers_of(self, event: str) -> Sequence[str]:
        return self.subscribers if event == "PickupReady" else ()


def rows(db: Database) -> list[Any]:
    with db.reading() as view:
        return list(view.execute(select(tasks).order_by(tasks.c.place)))


def drain(relay: Relay) -> None:
    while relay.step():
        pass


def test_a_call_leaves_once_after_the_commit(db: Database, at: datetime) -> None:
    hands = Recorder()
    relay = Relay(db, hands=hands, clock=Now(at))
    with db.writing() as work:
        add_task(work, SHOP, "fulfil", {"fulfillment_order_id": 1}, at=at)
    drain(relay)
    assert hands.done == [("call", "fulfil")]
    assert [row.state for row in rows(db)] == ["done"]


def test_a_call_that_fails_is_repeated_with_the_same_key(db: Database, at: datetime) -> None:
    now = Now(at)
    hands = Recorder(failures={"fulfil": [PlatformError("timeout")]})
    relay = Relay(db, hands=hands, clock=now)
    with db.writing() as work:
        key = add_task(work, SHOP, "fulfil", {}, at=at)
    drain(relay)
    assert hands.done == []
    now.at += timedelta(hours=1)
    drain(relay)
    assert hands.done == [("call", "fulfil")]
    assert hands.keys == [key, key]


def test_what_the_platform_refuses_for_good_is_not_repeated(db: Database, at: datetime) -> None:
    refusal = UserErrors([UserError("is closed", ("fulfillmentOrderId",), "CLOSED")])
    hands = Recorder(failures={"fulfil": [refusal]})
    relay = Relay(db, hands=hands, clock=Now(at))
    with db.writing() as work:
        add_task(work, SHOP, "fulfil", {}, at=at)
    drain(relay)
    [row] = rows(db)
    assert (row.state, row.reason) == ("dead", "user_errors: is closed")


def test_a_fact_reaches_every_subscriber_and_one_that_fails_repeats_alone(
    db: Database, at: datetime
) -> None:
    now = Now(at)
    hands = Recorder(subscribers=["one", "two"], failures={"one": [ValueError("broken")]})
    relay = Relay(db, hands=hands, clock=now)
    with db.writing() as work:
        record(work, SHOP, READY, at=at, resource="pickup:p1")
    drain(relay)
    assert hands.done == [("handler", "two")]
    now.at += timedelta(hours=1)
    drain(relay)
    assert hands.done == [("handler", "two"), ("handler", "one")]


def test_a_fact_that_nobody_waits_for_is_done_at_once(db: Database, at: datetime) -> None:
    relay = Relay(db, hands=Recorder(), clock=Now(at))
    with db.writing() as work:
        record(work, SHOP, READY, at=at, resource="pickup:p1")
    drain(relay)
    assert [row.state for row in rows(db)] == ["done"]


def test_nothing_is_carried_out_before_it_is_due(db: Database, at: datetime) -> None:
    now = Now(at)
    hands = Recorder()
    relay = Relay(db, hands=hands, clock=now)
    with db.writing() as work:
        add_task(work, SHOP, "find_pickups", {}, at=at, kind="job", due_at=at + timedelta(hours=1))
    assert relay.step() == 0
    now.at += timedelta(hours=1)
    assert relay.step() == 1
    assert hands.done == [("job", "find_pickups")]


def test_a_call_that_is_put_off_waits_and_loses_no_attempt(db: Database, at: datetime) -> None:
    now, until = Now(at), at + timedelta(minutes=10)
    hands = Recorder(failures={"fulfil": [PutOff(until)]})
    relay = Relay(db, hands=hands, clock=now)
    with db.writing() as work:
        add_task(work, SHOP, "fulfil", {}, at=at)
    drain(relay)
    [row] = rows(db)
    assert (row.state, row.due_at, row.attempts, row.leased_until) == ("waiting", until, 0, None)
    now.at = until
    drain(relay)
    assert [(row.state, row.attempts) for row in rows(db)] == [("done", 1)]


@dataclass
class Dead:
    """A platform that does not answer, as one shop's; another shop's does."""

    calls: list[str] = field(default_factory=list)

    def of(self, shop: str) -> Any:
        return SimpleNamespace(fulfil=lambda *, key: self._fulfil(shop))

    def _fulfil(self, shop: str) -> None:
        self.calls.append(shop)
        if shop == SHOP:
            raise PlatformError("no_answer")


def test_a_shop_whose_platform_does_not_answer_does_not_hold_up_others(
    db: Database, at: datetime
) -> None:
    now, platform, other = Now(at), Dead(), "moss-books.myshopify.com"
    settings = SimpleNamespace(handler_seconds=30)
    app = SimpleNamespace(platform=platform.of, clock=now, settings=settings)
    relay = Relay(db, hands=Hands(cast(Handcart, app)), clock=now)
    with db.writing() as work:
        for _ in range(50):
            add_task(work, SHOP, "fulfil", {}, at=at)
        add_task(work, other, "fulfil", {}, at=at)
    drain(relay)
    assert platform.calls == [SHOP] * FAILURES + [other]
    assert sorted({row.attempts for row in rows(db) if row.shop == SHOP}) == [0, 1]
    now.at += FIRST_PAUSE
    drain(relay)
    assert platform.calls[FAILURES + 1 :] == [SHOP]  # one call to see whether it is back


def test_a_task_whose_tries_all_ended_without_a_word_rests(db: Database, at: datetime) -> None:
    clock, hands = Now(at), Recorder()
    with db.writing() as work:
        add_task(work, SHOP, "fulfil", {}, at=at)
    for _ in range(MAX_ATTEMPTS):  # claimed by processes that died with it in hand
        with db.writing() as work:
            assert len(outbox.claim(work, at=clock.at)) == 1
        clock.at += LEASE
    drain(Relay(db, hands=hands, clock=clock))
    [row] = rows(db)
    assert (row.state, row.reason.partition(":")[0]) == ("dead", "given_up")
    assert hands.keys == []
