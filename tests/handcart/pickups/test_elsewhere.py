"""What another store can do for a pickup that misses something, and that nothing is lost by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from handcart.errors import Denied, InvalidTransition, RuleBroken
from handcart.pickups import State, acts, elsewhere, service, steps, store
from handcart.platform.port import FulfillmentLine, FulfillmentOrder
from handcart.stock import holds, transfers
from handcart.stock.model import Level
from handcart.stock.transfers import Stage, Transfer
from handcart.storage import Database
from handcart.storage.outbox import tasks
from tests.handcart.stock.shelves import (
    GYOKURO,
    HARBOUR,
    OLD_TOWN,
    SENCHA,
    SHOP,
    known,
    stocked,
    summed,
)

Routed = Callable[..., FulfillmentOrder]
ID = "9001"
HOUR = timedelta(hours=1)


@pytest.fixture
def work(db: Database, at: datetime, routed: Routed) -> Connection:
    """An order of three teas at the Harbour, of which one was put aside and two were not found."""
    with db.writing() as work:
        stocked(work, at)
        lines = (
            FulfillmentLine(71, 501, "Gyokuro", "GYO", 2),
            FulfillmentLine(72, 502, "Sencha", "SEN", 1),
        )
        service.request_pickup(work, SHOP, routed(lines=lines), at=at)
        acts.pack(work, SHOP, ID, units={72: 1}, by="staff:7", at=at)
        acts.report_missing(work, SHOP, ID, units={71: 2}, reason="not_found", by="staff:7", at=at)
        yield work


def state(work: Connection) -> State:
    return store.get(work, SHOP, ID).state


def only_transfer(work: Connection) -> Transfer:
    (one,) = transfers.of_location(work, SHOP, HARBOUR)
    return one


def bring(work: Connection, at: datetime, by: str = "shopper") -> Transfer:
    elsewhere.bring(work, SHOP, ID, from_location_id=OLD_TOWN, by=by, at=at)
    return only_transfer(work)


def teas(work: Connection) -> tuple[int, int]:
    """Gyokuro at the Harbour and in Old Town; the movements add up to both."""
    levels: list[Level] = []
    for place in (HARBOUR, OLD_TOWN):
        level = known(work, location=place)
        assert summed(work, location=place) == (level.available, level.set_aside)
        levels.append(level)
    return levels[0].available, levels[1].available


def test_what_is_missing_comes_from_another_store_and_preparation_goes_on(
    work: Connection, at: datetime
) -> None:
    asked = bring(work, at)
    assert (state(work), asked.pickup_id) == (State.TRANSFER, ID)
    assert [(line.inventory_item_id, line.asked) for line in asked.lines] == [(GYOKURO, 2)]
    assert teas(work) == (10, 10)
    assert holds.units_of(work, SHOP, f"transfer:{asked.transfer_id}") == {(GYOKURO, OLD_TOWN): 2}
    elsewhere.send(work, SHOP, asked.transfer_id, by="staff:8", at=at)
    assert (state(work), teas(work)) == (State.INBOUND, (10, 8))
    assert holds.units_of(work, SHOP, f"transfer:{asked.transfer_id}") == {}
    elsewhere.receive(work, SHOP, asked.transfer_id, by="staff:7", at=at + HOUR)
    assert (state(work), teas(work)) == (State.RECEIVED, (12, 8))
    assert service.mark_ready(work, SHOP, ID, by="staff:7", at=at + HOUR).state is State.READY
    history = [change.wanted for change in store.changes(work, SHOP, ID)][-5:]
    assert history[:3] == [State.TRANSFER, State.INBOUND, State.RECEIVED]


def test_what_lies_there_already_is_kept_for_as_long_as_the_rest(
    work: Connection, at: datetime
) -> None:
    asked = bring(work, at)
    elsewhere.send(work, SHOP, asked.transfer_id, by="staff:8", at=at)
    late = at + timedelta(days=30)
    elsewhere.receive(work, SHOP, asked.transfer_id, by="staff:7", at=late)
    kept = store.get(work, SHOP, ID).expires_at
    assert kept is not None
    assert kept > late


def test_a_store_that_does_not_send_it_makes_the_pickup_short_again(
    work: Connection, at: datetime
) -> None:
    asked = bring(work, at)
    assert elsewhere.call_off(work, SHOP, asked.transfer_id, by="staff:8", at=at).state == (
        Stage.CANCELLED
    )
    assert (state(work), teas(work)) == (State.SHORT, (10, 10))
    assert holds.units_of(work, SHOP, f"transfer:{asked.transfer_id}") == {}
    with pytest.raises(RuleBroken):
        elsewhere.send(work, SHOP, asked.transfer_id, by="staff:8", at=at)


@pytest.mark.parametrize("who", ["shopper", "staff:7"])
def test_whoever_would_rather_not_wait_calls_it_off(
    work: Connection, at: datetime, who: str
) -> None:
    asked = bring(work, at, by=who)
    elsewhere.do_without(work, SHOP, ID, by=who, at=at)
    assert state(work) is State.SHORT
    assert transfers.get(work, SHOP, asked.transfer_id).state is Stage.CANCELLED


def test_a_cancelled_pickup_needs_nothing_of_what_has_not_left(
    work: Connection, at: datetime
) -> None:
    asked = bring(work, at)
    service.cancel(work, SHOP, ID, reason="changed_mind", by="shopper", at=at)
    assert transfers.get(work, SHOP, asked.transfer_id).state is Stage.CANCELLED
    assert holds.units_of(work, SHOP, f"transfer:{asked.transfer_id}") == {}
    assert teas(work) == (10, 10)


def test_what_is_under_way_for_a_cancelled_pickup_is_stock_when_it_comes(
    work: Connection, at: datetime
) -> None:
    asked = bring(work, at)
    elsewhere.send(work, SHOP, asked.transfer_id, by="staff:8", at=at)
    with pytest.raises(Denied):
        service.cancel(work, SHOP, ID, reason="other", by="staff:7", at=at)
    service.cancel(work, SHOP, ID, reason="other", by="manager:1", at=at)
    elsewhere.receive(work, SHOP, asked.transfer_id, by="staff:7", at=at)
    assert (state(work), teas(work)) == (State.CANCELLED, (12, 8))


def test_what_is_lost_on_the_way_is_missing_again_and_the_shopper_asked(
    work: Connection, at: datetime
) -> None:
    asked = bring(work, at)
    elsewhere.send(work, SHOP, asked.transfer_id, by="staff:8", at=at)
    elsewhere.receive(
        work, SHOP, asked.transfer_id, by="staff:7", at=at, units={GYOKURO: 1}, why="lost"
    )
    pickup = store.get(work, SHOP, ID)
    assert (pickup.state, [line.missing for line in pickup.lines]) == (State.SHORT, [1, 0])
    assert teas(work) == (11, 8)


def test_a_store_that_has_too_little_is_not_offered_and_cannot_be_asked(
    work: Connection, at: datetime
) -> None:
    pickup = store.get(work, SHOP, ID)
    found = elsewhere.elsewhere(work, SHOP, pickup, at=at)
    assert [place.name for place in found.can_bring] == ["Old Town"]
    assert [place.name for place in found.can_hand_over] == ["Old Town"]
    holds.place(
        work,
        SHOP,
        "somebody",
        [(501, 9)],
        location_id=OLD_TOWN,
        channel="pickup",
        at=at,
        until=at + HOUR,
    )
    assert elsewhere.elsewhere(work, SHOP, pickup, at=at) == elsewhere.Elsewhere()
    with pytest.raises(RuleBroken) as caught:
        elsewhere.collect_at(work, SHOP, ID, location_id=OLD_TOWN, by="shopper", at=at)
    assert caught.value.code == "stock_short"


def test_two_who_ask_for_the_last_unit_do_not_both_get_it(
    db: Database, work: Connection, at: datetime, routed: Routed
) -> None:
    order = routed(
        fulfillment_order_id=9002,
        order_id=1002,
        lines=(FulfillmentLine(81, 501, "Gyokuro", "GYO", 9),),
    )
    service.request_pickup(work, SHOP, order, at=at)
    acts.report_missing(work, SHOP, "9002", units={81: 9}, reason="not_found", by="staff:7", at=at)
    bring(work, at)
    with work.begin_nested(), pytest.raises(RuleBroken) as caught:
        elsewhere.bring(work, SHOP, "9002", from_location_id=OLD_TOWN, by="shopper", at=at)
    assert caught.value.code == "stock_short"


def test_whose_goods_are_missing_can_collect_all_of_it_elsewhere(
    work: Connection, at: datetime
) -> None:
    elsewhere.collect_at(work, SHOP, ID, location_id=OLD_TOWN, by="shopper", at=at)
    pickup = store.get(work, SHOP, ID)
    assert (pickup.state, pickup.location_id) == (State.REQUESTED, OLD_TOWN)
    assert [line.to_pack for line in pickup.lines] == [2, 1]
    (told,) = work.execute(select(tasks).where(tasks.c.name == steps.MOVE)).all()
    assert told.payload == {
        "pickup_id": ID,
        "fulfillment_order_id": 9001,
        "location_id": OLD_TOWN,
        "was": HARBOUR,
    }
    assert told.resource == "order:1001"
    elsewhere.not_moved(work, SHOP, ID, location_id=HARBOUR, at=at)
    assert store.get(work, SHOP, ID).location_id == HARBOUR
    assert len(work.execute(select(tasks).where(tasks.c.name == steps.MOVE)).all()) == 1


def test_only_what_is_missing_is_brought(work: Connection, at: datetime) -> None:
    service.mark_ready(work, SHOP, ID, by="staff:7", at=at)
    with pytest.raises(InvalidTransition):
        bring(work, at)


def test_what_was_looked_for_in_vain_makes_the_number_less_sure(
    work: Connection, at: datetime
) -> None:
    assert known(work).missed_since == 2
    assert known(work, SENCHA).missed_since == 0
    assert (known(work).available, known(work, location=OLD_TOWN).missed_since) == (10, 0)
    acts.pack(work, SHOP, ID, units={71: 1}, by="staff:7", at=at)
    assert known(work).missed_since == 1
