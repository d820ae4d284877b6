from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handcart import Handcart, Settings, Shop, Timer
from handcart.errors import WiringError
from handcart.jobs import Hands
from handcart.relay import Relay
from handcart.shops import service as shops
from handcart.shops.model import Tokens
from handcart.storage import Database
from handcart.storage.outbox import tasks
from handcart.timetable import Timetable

SHOP, OTHER = "juniper-tea.myshopify.com", "moss-books.myshopify.com"


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock(at: datetime) -> Clock:
    return Clock(at + timedelta(minutes=10))


@pytest.fixture
def app(settings: Settings, clock: Clock, db: Database) -> Iterator[Handcart]:
    handcart = Handcart(settings, clock=clock)
    for shop in (SHOP, OTHER):
        install(handcart, shop)
    yield handcart
    handcart.close()


def install(app: Handcart, shop: str) -> None:
    with app.db.writing() as work:
        tokens = Tokens(access_token="shpat_1", scopes="")
        shops.install(work, shop, tokens=tokens, keyring=app.keyring, at=app.clock())
        work.execute(tasks.delete())


class Process:
    """One process of the app: its own timetable and relay, the same database."""

    def __init__(self, app: Handcart) -> None:
        self._timetable = Timetable(app.db, jobs=lambda: app.jobs, clock=app.clock)
        self._relay = Relay(app.db, hands=Hands(app), clock=app.clock)

    def step(self) -> None:
        self._timetable.step()
        while self._relay.step():
            pass


def kept(app: Handcart, kind: str) -> list[Any]:
    with app.db.reading() as view:
        return list(view.execute(select(tasks).where(tasks.c.kind == kind)))


def test_a_job_runs_once_a_slot_for_every_shop_however_many_processes_there_are(
    app: Handcart, clock: Clock
) -> None:
    ran: list[tuple[str, int]] = []

    @app.job(every="1h")
    def count(shop: Shop, now: datetime) -> None:
        ran.append((shop.domain, now.hour))

    processes = [Process(app), Process(app)]
    for process in processes:
        process.step()
    assert ran == []  # both shops came after this slot began
    for _ in range(6):
        clock.advance(minutes=20)
        for process in processes:
            process.step()
    assert sorted(ran) == [(SHOP, 10), (SHOP, 11), (OTHER, 10), (OTHER, 11)]


def test_a_job_that_asks_for_no_shop_runs_once(app: Handcart, clock: Clock) -> None:
    ran: list[datetime] = []

    @app.job(every="1h")
    def count(now: datetime) -> None:
        ran.append(now)

    process = Process(app)
    process.step()
    process.step()
    clock.advance(hours=1)
    process.step()
    assert len(ran) == 2


def test_after_a_long_sleep_a_job_runs_once(app: Handcart, clock: Clock) -> None:
    ran: list[str] = []

    @app.job(every="1h")
    def count(shop: Shop) -> None:
        ran.append(shop.domain)

    process = Process(app)
    process.step()
    clock.advance(days=9)
    process.step()
    assert sorted(ran) == [SHOP, OTHER]


def test_a_clock_that_jumps_to_and_fro_repeats_no_slot_and_skips_none(
    app: Handcart, clock: Clock
) -> None:
    ran: list[str] = []

    @app.job(every="1h")
    def count(now: datetime) -> None:
        ran.append(f"{now:%d %H}")

    process = Process(app)
    for jump in (0, 24, -24, 1, -1, 1, 1, -2, 0, 1, 1, 1):
        clock.advance(hours=jump)
        process.step()
        Process(app).step()
    assert ran == ["23 09", "24 09", "23 10", "23 11", "23 12"]


def test_many_shops_take_turns(app: Handcart, clock: Clock) -> None:
    for number in range(28):
        install(app, f"shop-{number:02}.myshopify.com")

    @app.job(every="1h")
    def count(shop: Shop) -> None: ...

    clock.advance(hours=1)
    Timetable(app.db, jobs=lambda: app.jobs, clock=clock).step()
    turns = Counter((task.due_at - clock()).total_seconds() for task in kept(app, "job"))
    assert turns == {0: 10, 2.5: 10, 5: 10}


def test_a_shop_that_has_left_is_not_served(app: Handcart, clock: Clock) -> None:
    ran: list[str] = []

    @app.job(every="1h")
    def count(shop: Shop) -> None:
        ran.append(shop.domain)

    clock.advance(hours=1)
    Timetable(app.db, jobs=lambda: app.jobs, clock=clock).step()
    with app.db.writing() as work:
        shops.uninstalled(work, OTHER, happened_at=clock(), at=clock())
    Process(app).step()
    clock.advance(hours=1)
    Process(app).step()
    assert ran == [SHOP, SHOP]


def test_a_job_that_fails_is_tried_again_and_does_not_overtake_itself(
    app: Handcart, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[int] = []

    @app.job(every="1h")
    def fail_at_first(now: datetime) -> None:
        ran.append(now.minute)
        if len(ran) == 1:
            raise OSError("the disk is away")

    process = Process(app)
    process.step()
    assert [task.state for task in kept(app, "job")] == ["waiting"]
    clock.advance(minutes=15)
    process.step()
    assert ran == [10, 25]
    assert [task.state for task in kept(app, "job")] == ["done"]


def test_a_job_whose_code_is_gone_waits_for_it(
    app: Handcart, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    @app.job(every="1h")
    def count(now: datetime) -> None: ...

    Timetable(app.db, jobs=lambda: app.jobs, clock=clock).step()
    app.jobs.clear()
    Process(app).step()
    [task] = kept(app, "job")
    assert (task.state, task.reason.partition(":")[0]) == ("waiting", "job_unknown")


def test_a_timer_goes_off_once_when_it_is_due(app: Handcart, clock: Clock) -> None:
    rung: list[tuple[str, Any, str]] = []

    @app.timer
    def remind(timer: Timer, shop: Shop) -> None:
        rung.append((timer.key, timer.about, shop.domain))

    due = clock() + timedelta(hours=2)
    with app.db.writing() as work:
        key = app.later(work, SHOP, remind, {"pickup_id": "9"}, at=due)
    process = Process(app)
    process.step()
    assert rung == []
    clock.advance(hours=2)
    process.step()
    clock.advance(hours=2)
    process.step()
    assert rung == [(key, {"pickup_id": "9"}, SHOP)]


def test_a_timer_that_is_cancelled_does_not_go_off(app: Handcart, clock: Clock) -> None:
    rung: list[Timer] = []

    @app.timer
    def remind(timer: Timer) -> None:
        rung.append(timer)

    with app.db.writing() as work:
        key = app.later(work, SHOP, remind, {}, at=clock())
        other = app.later(work, SHOP, remind, {}, at=clock())
    with app.db.writing() as work:
        assert app.cancel(work, OTHER, key) is False
        assert app.cancel(work, SHOP, key) is True
        assert app.cancel(work, SHOP, key) is False
    Process(app).step()
    assert [timer.key for timer in rung] == [other]
    with app.db.writing() as work:
        assert app.cancel(work, SHOP, other) is False


def test_a_timer_of_a_transaction_that_fails_was_never_set(app: Handcart, clock: Clock) -> None:
    @app.timer
    def remind(timer: Timer) -> None: ...

    with pytest.raises(ZeroDivisionError), app.db.writing() as work:
        app.later(work, SHOP, remind, {}, at=clock())
        raise ZeroDivisionError
    assert kept(app, "timer") == []


def test_only_what_can_be_found_after_a_restart_can_be_a_timer_or_a_job(app: Handcart) -> None:
    def remind(timer: Timer) -> None: ...

    with pytest.raises(WiringError) as unknown, app.db.writing() as work:
        app.later(work, SHOP, remind, {}, at=app.clock())
    assert unknown.value.code == "timer_unknown"
    app.timer(remind)
    with pytest.raises(WiringError) as twice:
        app.timer(remind)
    assert twice.value.code == "handler_twice"
    with pytest.raises(WiringError) as asks:
        app.job(every="1h")(remind)
    assert asks.value.code == "cannot_provide"
