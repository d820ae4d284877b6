"""Pickups before levels, whoever comes: of two that want both, none waits for the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select, text

from handcart.pickups import acts, elsewhere, routing
from handcart.pickups.tables import pickups
from handcart.platform.port import FulfillmentLine, FulfillmentOrder
from handcart.stock import transfers
from handcart.stock.tables import levels
from handcart.storage import Database
from tests.handcart.stock.shelves import HARBOUR, OLD_TOWN, SHOP, stocked

pytestmark = pytest.mark.server
Routed = Callable[..., FulfillmentOrder]
Ways = Callable[[Connection], object]
ID = "9001"
LINES = (FulfillmentLine(71, 501, "Gyokuro", "GYO", 2, 2),)


@pytest.fixture
def db(postgresql_url: str, at: datetime, routed: Routed) -> Iterator[Database]:
    """A pickup of two Gyokuro at the Harbour."""
    database = Database(postgresql_url)
    with database.writing() as work:
        stocked(work, at)
        routing.told(work, SHOP, [routed(lines=LINES)], at=at)
    yield database
    database.close()


def in_the_way(db: Database, use_case: Ways) -> int:
    """How many levels ``use_case`` keeps from others while it waits for the pickup."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with db.writing() as work:
                use_case(work)
        except BaseException as error:  # told below, in the test's own thread
            failed.append(error)

    with db.writing() as work:
        work.execute(select(pickups.c.pickup_id).where(pickups.c.shop == SHOP).with_for_update())
        thread = threading.Thread(target=run)
        thread.start()
        while not waits(work):
            assert thread.is_alive(), failed
            time.sleep(0.01)
        free = work.execute(
            select(levels.c.available)
            .where(levels.c.shop == SHOP)
            .with_for_update(skip_locked=True)
        ).all()
        known = work.scalar(select(func.count()).select_from(levels)) or 0
    thread.join()
    assert failed == []
    return known - len(free)


def waits(work: Connection) -> bool:
    """Whether somebody waits for this transaction."""
    blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY("
    return bool(work.scalar(text(f"{blocked}pg_blocking_pids(pid))")))


def test_what_the_platform_tells_takes_the_pickup_first(
    db: Database, routed: Routed, at: datetime
) -> None:
    fewer = (FulfillmentLine(71, 501, "Gyokuro", "GYO", 1, 1),)
    later = at + timedelta(seconds=5)
    told = [routed(lines=fewer, updated_at=later)]
    assert in_the_way(db, lambda work: routing.told(work, SHOP, told, at=later)) == 0


def test_goods_that_are_sent_and_come_for_a_pickup_take_it_first(
    db: Database, at: datetime
) -> None:
    with db.writing() as work:
        acts.report_missing(work, SHOP, ID, units={71: 2}, reason="damaged", by="staff:7", at=at)
        elsewhere.bring(work, SHOP, ID, from_location_id=OLD_TOWN, by="shopper", at=at)
        (asked,) = transfers.of_location(work, SHOP, HARBOUR)
    name = asked.transfer_id
    for act in (elsewhere.send, elsewhere.receive):

        def moved(work: Connection, act: Callable[..., object] = act) -> object:
            return act(work, SHOP, name, by="staff:8", at=at)

        assert in_the_way(db, moved) == 0


def test_staff_take_the_pickup_first(db: Database, at: datetime) -> None:
    def missed(work: Connection) -> object:
        units = {71: 1}
        return acts.report_missing(
            work, SHOP, ID, units=units, reason="damaged", by="staff:7", at=at
        )

    assert in_the_way(db, missed) == 0


def test_an_order_that_ends_takes_its_pickup_first(
    db: Database, routed: Routed, at: datetime
) -> None:
    later = at + timedelta(seconds=5)
    ended = routed(lines=LINES, status="cancelled", updated_at=later)
    assert in_the_way(db, lambda work: routing.told(work, SHOP, [ended], at=later)) == 0
