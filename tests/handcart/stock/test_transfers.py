from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from handcart.errors import BadInput, NotFound, RuleBroken
from handcart.stock import transfers
from handcart.stock.transfers import Stage, Transfer
from handcart.storage import Database

from .shelves import GYOKURO, HARBOUR, OLD_TOWN, SENCHA, SHOP, Shelves, known, summed

TEAS = {GYOKURO: 4, SENCHA: 1}


@pytest.fixture
def asked(db: Database, shelves: Shelves, at: datetime) -> str:
    """Old Town wants teas of the Harbour's."""
    with db.writing() as work:
        return transfers.ask(
            work,
            SHOP,
            TEAS,
            from_location_id=HARBOUR,
            to_location_id=OLD_TOWN,
            by="staff:7",
            at=at,
        )


def send(db: Database, name: str, at: datetime, **more: object) -> Transfer:
    with db.writing() as work:
        return transfers.send(work, SHOP, name, by="staff:7", at=at, **more)  # type: ignore[arg-type]


def receive(db: Database, name: str, at: datetime, **more: object) -> Transfer:
    with db.writing() as work:
        return transfers.receive(work, SHOP, name, by="staff:8", at=at, **more)  # type: ignore[arg-type]


def teas(db: Database) -> tuple[int, int]:
    """Gyokuro at the Harbour and in Old Town; the movements add up to it."""
    with db.writing() as work:
        for place in (HARBOUR, OLD_TOWN):
            level = known(work, location=place)
            assert summed(work, location=place) == (level.available, level.set_aside)
        return known(work).available, known(work, location=OLD_TOWN).available


def test_goods_leave_when_they_are_sent_and_come_when_they_are_received(
    db: Database, shelves: Shelves, send_all: Callable[[], None], asked: str, at: datetime
) -> None:
    assert teas(db) == (10, 10)
    assert send(db, asked, at).under_way == 5
    assert teas(db) == (6, 10)
    send_all()
    done = receive(db, asked, at)
    assert (done.state, done.under_way, done.why) == (Stage.RECEIVED, 0, "")
    assert teas(db) == (6, 14)
    send_all()
    assert (shelves.available[GYOKURO, HARBOUR], shelves.available[GYOKURO, OLD_TOWN]) == (6, 14)
    assert (shelves.available[SENCHA, HARBOUR], shelves.available[SENCHA, OLD_TOWN]) == (9, 11)
    with db.reading() as view:
        assert transfers.of_location(view, SHOP, OLD_TOWN) == ()


def test_a_part_may_be_sent_and_less_may_come_with_a_reason(
    db: Database, asked: str, at: datetime
) -> None:
    sent = send(db, asked, at, units={GYOKURO: 3})
    assert [(line.asked, line.sent) for line in sent.lines] == [(4, 3), (1, 0)]
    with pytest.raises(BadInput) as silent:
        receive(db, asked, at, units={GYOKURO: 2})
    assert silent.value.code == "reason_unknown"
    assert teas(db) == (7, 10)
    done = receive(db, asked, at, units={GYOKURO: 2}, why="damaged")
    assert teas(db) == (7, 12)
    assert done.why == "damaged"
    assert [(line.sent, line.received) for line in done.lines] == [(3, 2), (0, 0)]


def test_each_step_is_taken_once_and_in_its_order(db: Database, asked: str, at: datetime) -> None:
    with pytest.raises(RuleBroken) as early:
        receive(db, asked, at)
    assert early.value.code == "transfer_moved_on"
    send(db, asked, at)
    with pytest.raises(RuleBroken):
        send(db, asked, at)
    with pytest.raises(RuleBroken), db.writing() as work:
        transfers.cancel(work, SHOP, asked)
    receive(db, asked, at)
    with pytest.raises(RuleBroken):
        receive(db, asked, at)
    assert teas(db) == (6, 14)


def test_what_nobody_sends_can_be_cancelled(db: Database, asked: str, at: datetime) -> None:
    with db.writing() as work:
        assert transfers.cancel(work, SHOP, asked).state is Stage.CANCELLED
    with pytest.raises(RuleBroken):
        send(db, asked, at)
    assert teas(db) == (10, 10)


def test_a_transfer_that_makes_no_sense_is_refused(
    db: Database, shelves: Shelves, asked: str, at: datetime
) -> None:
    for wanted, target, code in (
        ({GYOKURO: 0}, OLD_TOWN, "units_malformed"),
        ({}, OLD_TOWN, "units_malformed"),
        ({GYOKURO: 1}, HARBOUR, "location_same"),
        ({GYOKURO: 1}, 99, "level_unknown"),
        ({99: 1}, OLD_TOWN, "level_unknown"),
    ):
        with pytest.raises((BadInput, RuleBroken, NotFound)) as wrong, db.writing() as work:
            transfers.ask(
                work,
                SHOP,
                wanted,
                from_location_id=HARBOUR,
                to_location_id=target,
                by="staff:7",
                at=at,
            )
        assert wrong.value.code == code
    for units, code in (({99: 1}, "item_unknown"), ({GYOKURO: -1}, "units_malformed")):
        with pytest.raises(BadInput) as odd:
            send(db, asked, at, units=units)
        assert odd.value.code == code
    with pytest.raises(NotFound), db.reading() as view:
        transfers.get(view, "other.myshopify.com", asked)
