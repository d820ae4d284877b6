"""A part of an order is ready: for the platform it has to be a fulfillment order of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from handcart.errors import RuleBroken
from handcart.keys import Keyring
from handcart.pickups import State, acts, service, store
from handcart.platform.port import FulfillmentLine, FulfillmentOrder
from handcart.storage import Database
from handcart.storage.outbox import tasks

SHOP = "juniper-tea.myshopify.com"
Routed = Callable[..., FulfillmentOrder]


@pytest.fixture
def work(db: Database, routed: Routed, at: datetime) -> Iterator[Connection]:
    with db.writing() as work:
        service.request_pickup(work, SHOP, routed(), at=at)
        yield work


def told(work: Connection, *kinds: str) -> list[tuple[str, Any]]:
    rows = work.execute(select(tasks).where(tasks.c.kind.in_(kinds)).order_by(tasks.c.place))
    return [
        (row.name, row.payload) for row in rows if row.name not in ("pickup_timer", "pickup_mail")
    ]


SPLIT = {
    "pickup_id": "9001",
    "fulfillment_order_id": 9001,
    "lines": {"71": 1, "72": 1},
    "left": {"71": 1, "72": 0},
}


def test_the_packed_part_is_ready_and_the_rest_goes_on_by_itself(
    work: Connection, at: datetime
) -> None:
    part = acts.pack_what_there_is(work, SHOP, "9001", units={71: 1}, by="staff:7", at=at)
    assert (part.state, part.units, part.covers_order) == (State.READY, 1, False)
    # The platform prepares it once it was taken apart, in the same task.
    assert told(work, "call", "job") == [("split_pickup", SPLIT)]
    assert [name for name, _ in told(work, "event")] == ["PickupRequested", "PickupReady"]
    assert told(work, "event")[-1][1]["whole"] is False


def test_what_is_packed_whole_is_not_taken_apart(work: Connection, at: datetime) -> None:
    whole = acts.pack_what_there_is(work, SHOP, "9001", units={71: 2, 72: 1}, by="staff:7", at=at)
    assert whole.state is State.READY
    assert [name for name, _ in told(work, "call", "job")] == ["prepare_for_pickup"]


def test_while_something_is_missing_the_shopper_chooses_first(
    work: Connection, at: datetime
) -> None:
    acts.report_missing(work, SHOP, "9001", units={71: 1}, reason="not_found", by="staff:7", at=at)
    short = acts.pack_what_there_is(work, SHOP, "9001", units={71: 1}, by="staff:7", at=at)
    assert short.state is State.SHORT
    assert told(work, "call", "job") == []
    waits = acts.wait_for_missing(work, SHOP, "9001", by="shopper", at=at)
    assert waits.state is State.READY
    assert told(work, "call", "job") == [("split_pickup", SPLIT)]


def test_the_platform_telling_of_its_split_changes_nothing_more_here(
    work: Connection, routed: Routed, at: datetime
) -> None:
    part = acts.pack_what_there_is(work, SHOP, "9001", units={71: 1}, by="staff:7", at=at)
    later = at + timedelta(seconds=2)
    stays = (FulfillmentLine(71, 501, "Gyokuro, 50 g", "GYO-50", 1, 1),)
    heard = routed(lines=stays, covers_order=False, updated_at=later)
    assert service.request_pickup(work, SHOP, heard, at=later) == part
    # News from before it was taken apart comes late.
    assert service.request_pickup(work, SHOP, routed(), at=later) == part
    rest = routed(
        fulfillment_order_id=9002,
        covers_order=False,
        updated_at=later,
        lines=(FulfillmentLine(81, 501, "Gyokuro, 50 g", "GYO-50", 1, 1),),
    )
    other = service.request_pickup(work, SHOP, rest, at=later)
    assert other and (other.pickup_id, other.state) == ("9002", State.REQUESTED)


def test_handing_over_the_part_leaves_the_rest_to_its_own_pickup(
    work: Connection, keyring: Keyring, at: datetime
) -> None:
    acts.pack_what_there_is(work, SHOP, "9001", units={71: 1}, by="staff:7", at=at)
    done = service.hand_over(work, SHOP, "9001", code=None, keyring=keyring, by="staff:7", at=at)
    assert done.state is State.COLLECTED
    name, payload = told(work, "call")[-1]
    assert (name, payload["lines"], payload["left"]) == ("fulfil", {"71": 1}, {"71": 0, "72": 0})


def test_cancelling_the_part_leaves_the_rest_of_the_order_alone(
    work: Connection, at: datetime
) -> None:
    acts.pack_what_there_is(work, SHOP, "9001", units={71: 1}, by="staff:7", at=at)
    service.cancel(work, SHOP, "9001", reason="other", by="manager:7", at=at)
    assert [name for name, _ in told(work, "call")] == ["refund"]
    assert told(work, "call")[-1][1]["lines"] == {"71": 1}


def test_what_the_platform_does_not_take_apart_is_owed_here_again(
    work: Connection, at: datetime
) -> None:
    acts.pack_what_there_is(work, SHOP, "9001", units={71: 1}, by="staff:7", at=at)
    again = acts.not_split(work, SHOP, "9001", units={71: 1, 72: 1}, at=at)
    assert again and (again.state, again.units) == (State.PARTLY_READY, 3)
    assert [name for name, _ in told(work, "call")] == []
    last = store.changes(work, SHOP, "9001")[-1]
    assert (last.act, last.by, last.why) == ("rejoin", "platform", "not_split")


def test_goods_for_grown_ups_ask_for_a_paper(
    work: Connection, routed: Routed, keyring: Keyring, at: datetime
) -> None:
    wine = replace(FulfillmentLine(91, 501, "Juniper spirit", "SPI", 1, 1), min_age=18)
    order = routed(fulfillment_order_id=9003, lines=(wine,))
    pickup = service.request_pickup(work, SHOP, order, at=at)
    assert pickup and pickup.min_age == 18
    service.mark_ready(work, SHOP, "9003", by="staff:7", at=at)
    for _ in range(2):
        with pytest.raises(RuleBroken) as caught:
            service.hand_over(work, SHOP, "9003", code=None, keyring=keyring, by="staff:7", at=at)
        assert caught.value.code == "age_unchecked"
    done = service.hand_over(
        work, SHOP, "9003", code=None, keyring=keyring, by="staff:7", at=at, aged=True
    )
    assert done.state is State.COLLECTED
    assert store.changes(work, SHOP, "9003")[-1].why == "identity, age 18"
