from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select

from handcart import Handcart, Settings, turns
from handcart.errors import TooSlow, WiringError
from handcart.events import PickupReady
from handcart.injection import wire
from handcart.jobs import Hands
from handcart.relay import Relay
from handcart.storage import Database, add_task, record
from handcart.storage.attempts import history
from handcart.storage.outbox import outbox, tasks
from handcart.storage.queue import MAX_ATTEMPTS
from handcart.timetable import Timer

SHOP = "juniper-tea.myshopify.com"
READY = PickupReady(pickup_id="p1", order_id=1, location_id=2, whole=True)
SOON = 0.2


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(at: datetime) -> Clock:
    return Clock(at)


@pytest.fixture
def app(settings: Settings, clock: Clock, db: Database) -> Iterator[Handcart]:
    app = Handcart(replace(settings, handler_seconds=20), clock=clock)
    yield app
    app.close()


@pytest.fixture
def relay(app: Handcart) -> Relay:
    return Relay(app.db, hands=Hands(app), clock=app.clock)


class Hanging:
    """A handler that hangs until it is let go, and then wants to write something down."""

    def __init__(self, app: Handcart) -> None:
        self.app = app
        self.let_go = threading.Event()
        self.refused: list[str] = []
        self.threads: list[threading.Thread] = []

        @app.on(PickupReady, limit=SOON)
        def tell_the_till(event: PickupReady) -> None:
            self.threads.append(threading.current_thread())
            self.let_go.wait(60)
            try:
                with app.db.writing() as work:
                    add_task(work, SHOP, "written_late", {}, at=app.clock())
            except TooSlow as error:
                self.refused.append(error.code)
                raise

        self.name = f"{__name__}.Hanging.__init__.<locals>.tell_the_till"

    def end(self) -> None:
        self.let_go.set()
        for thread in self.threads:
            thread.join(20)


@pytest.fixture
def hanging(app: Handcart) -> Iterator[Hanging]:
    hanging = Hanging(app)
    yield hanging
    hanging.end()


def happens(app: Handcart, pickup: str = "p1") -> None:
    with app.db.writing() as work:
        record(work, SHOP, READY, at=app.clock(), resource=f"pickup:{pickup}")


def drain(relay: Relay) -> None:
    while relay.step():
        pass


def kept(app: Handcart, kind: str) -> list[Any]:
    with app.db.reading() as view:
        return list(view.execute(select(tasks).where(tasks.c.kind == kind)))


def left_behind(name: str) -> float:
    found = REGISTRY.get_sample_value("handcart_handlers_left_behind", {"name": name})
    return found or 0


def in_no_hurry(app: Handcart, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on a handler may take as long as a busy machine makes it take."""
    hurried = app.subscribers
    monkeypatch.setattr(
        app, "subscribers", lambda event: [replace(wired, limit=20) for wired in hurried(event)]
    )


def test_a_handler_that_hangs_is_left_behind_and_its_task_is_tried_again(
    app: Handcart, relay: Relay, hanging: Hanging, caplog: pytest.LogCaptureFixture
) -> None:
    happens(app)
    with caplog.at_level(logging.ERROR):
        drain(relay)
    [row] = kept(app, "handler")
    assert (row.state, row.attempts, row.leased_until) == ("waiting", 1, None)
    assert row.reason == f"handler_too_slow: {hanging.name} took longer than 0.2 s"
    assert "self.let_go.wait(60)" in caplog.text  # where it hangs
    assert left_behind(hanging.name) == 1


def test_what_a_handler_writes_after_its_time_is_undone(
    app: Handcart, relay: Relay, hanging: Hanging
) -> None:
    happens(app)
    drain(relay)
    hanging.end()
    assert hanging.refused == ["turn_over"]
    assert kept(app, "call") == []
    assert [row.state for row in kept(app, "handler")] == ["waiting"]
    assert left_behind(hanging.name) == 0


def test_others_are_served_while_one_hangs(app: Handcart, relay: Relay, hanging: Hanging) -> None:
    told = []

    @app.on(PickupReady)
    def tell_the_shopper(event: PickupReady) -> None:
        told.append(event.pickup_id)

    happens(app)
    drain(relay)
    assert told == ["p1"]
    assert sorted(row.state for row in kept(app, "handler")) == ["done", "waiting"]


def test_one_that_always_hangs_ends_among_the_dead_letters_with_its_reason(
    app: Handcart, relay: Relay, hanging: Hanging, clock: Clock
) -> None:
    happens(app)
    for _ in range(MAX_ATTEMPTS):
        drain(relay)
        clock.at += timedelta(hours=1)
    [row] = kept(app, "handler")
    assert (row.state, row.reason.partition(":")[0]) == ("dead", "handler_too_slow")
    with app.db.reading() as view:
        outcomes = [one.outcome for one in history(view, SHOP, outbox, row_id=row.key)]
    assert outcomes == ["failed"] * (MAX_ATTEMPTS - 1) + ["dead"]


def test_when_too_many_hang_no_more_are_called_and_none_loses_an_attempt(
    app: Handcart,
    relay: Relay,
    hanging: Hanging,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "LEFT_BEHIND", 1)
    happens(app, "p1")
    happens(app, "p2")
    drain(relay)
    assert len(hanging.threads) == 1
    assert sorted(row.attempts for row in kept(app, "handler")) == [0, 1]
    hanging.end()
    in_no_hurry(app, monkeypatch)
    clock.at += timedelta(hours=1)
    drain(relay)
    assert [row.state for row in kept(app, "handler")] == ["done", "done"]


def test_a_handler_in_time_runs_in_the_context_of_its_task(app: Handcart, relay: Relay) -> None:
    @app.on(PickupReady)
    def tell(event: PickupReady, now: datetime) -> None:
        with app.db.writing() as work:
            add_task(work, SHOP, "came_of_it", {}, at=now)

    with app.db.writing() as work:
        add_task(
            work,
            SHOP,
            "PickupReady",
            {"pickup_id": "p1", "order_id": 1, "location_id": 2, "whole": True},
            at=app.clock(),
            kind="event",
        )
        work.execute(tasks.update().values(cause="webhook-7"))
    assert relay.step() == 1
    assert relay.step() == 1
    assert [row.cause for row in kept(app, "call")] == ["webhook-7"]


@pytest.mark.parametrize("leave", [sys.exit, lambda: 1 / 0, lambda: next(iter([]))])
def test_whatever_ends_a_handler_ends_nothing_else(
    app: Handcart, relay: Relay, leave: Callable[[], Any]
) -> None:
    @app.on(PickupReady)
    def tell(event: PickupReady) -> None:
        leave()

    happens(app)
    drain(relay)
    assert [row.state for row in kept(app, "handler")] == ["waiting"]


def test_a_limit_of_its_own_is_checked_where_it_is_given(app: Handcart) -> None:
    @app.timer(limit=60)
    def remind(timer: Timer) -> None: ...

    assert [timer.limit for timer in app.timers if timer.function is remind] == [60]
    for limit in (0, -1, 241):
        with pytest.raises(WiringError) as refused:
            wire(remind, offered=(Timer,), limit=limit)
        assert refused.value.code == "limit_out_of_range"
