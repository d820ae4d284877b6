"""The clock jumps a day to and fro, or stands still: everything happens once, and soon."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handcart import Handcart
from handcart.storage import metadata
from handcart.storage.outbox import outbox
from handcart.storage.queue import LEASE
from handcart.storage.setback import Setback
from handcart.timetable import Timer
from handcart_webhooks.inbox import deliveries, inbox

from .conftest import SHOP, Client, Clock
from .draining import drain

DAY = 24 * 3600.0
LEVEL = {"inventory_item_id": 41, "location_id": 31, "available": 5}
fired: list[str] = []


def remind(timer: Timer) -> None:
    fired.append(timer.key)


def level(client: Client, minute: int) -> None:
    told = {**LEVEL, "available": minute, "updated_at": f"2026-11-23T08:{minute:02}:00Z"}
    assert client.post("inventory_levels/update", told).status_code == 200


def states(app: Handcart) -> list[str]:
    with app.db.reading() as view:
        return list(view.scalars(select(deliveries.c.state).order_by(deliveries.c.place)))


def available(app: Handcart) -> Any:
    with app.db.reading() as view:
        return view.scalar(select(metadata.tables["levels"].c.available))


@pytest.mark.parametrize("jump", [-DAY, 0.0, DAY], ids=["a day back", "stopped", "a day ahead"])
def test_no_delivery_is_refused_or_waits_for_the_clock(
    installed: Handcart, client: Client, clock: Clock, jump: float
) -> None:
    setback = Setback(installed.db, [inbox])
    setback.look(clock())
    level(client, 1)
    clock.advance(seconds=jump)
    setback.look(clock())
    level(client, 2)
    drain(installed)
    assert states(installed) == ["done", "done"]
    assert available(installed) == 2


def test_what_a_dead_worker_held_by_a_clock_that_was_ahead_is_free_again(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    setback = Setback(installed.db, [inbox])
    setback.look(clock())
    level(client, 1)
    clock.advance(seconds=DAY)
    setback.look(clock())
    with installed.db.writing() as work:
        [zombie] = inbox.claim(work, at=clock())
    clock.advance(seconds=-DAY)
    assert setback.look(clock()) == 1
    drain(installed)
    assert states(installed) == ["done"]
    with installed.db.writing() as work:
        assert not inbox.done(work, zombie, at=clock())


def test_rows_in_hand_and_for_later_are_left_alone(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    installed.timer(remind)
    with installed.db.writing() as work:
        at = clock() + timedelta(days=3)
        key = installed.later(work, SHOP, remind, {}, at=at)
    level(client, 1)
    with installed.db.writing() as work:
        inbox.claim(work, at=clock())
    setback = Setback(installed.db, [inbox, outbox])
    assert setback.look(clock()) == 0
    clock.advance(seconds=-LEASE.total_seconds() / 2)
    assert setback.look(clock()) == 0
    for jump in (DAY, -DAY, 2 * DAY, -DAY, DAY):
        clock.advance(seconds=jump)
        setback.look(clock())
        drain(installed)
    assert fired == []
    clock.advance(seconds=2 * DAY)
    drain(installed)
    clock.advance(seconds=-DAY)
    setback.look(clock())
    drain(installed)
    assert fired == [key]
    fired.clear()
