"""News of one order may come in any order, any number of times: the end is the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from handcart.pickups import Act, OrderSeen, State, life, service, store
from handcart.pickups.how import How
from handcart.platform.port import FulfillmentLine, FulfillmentOrder
from tests import memory

SHOP = "juniper-tea.myshopify.com"
START = datetime(2026, 11, 23, 9, tzinfo=UTC)
News = FulfillmentOrder | OrderSeen

ORDER = OrderSeen(
    order_id=1001,
    name="#1001",
    order_token="a1b2c3d4",
    customer_id=77,
    customer_name="Mina Sato",
    updated_at=START,
    cancelled_at=None,
    fulfilled=False,
)
WORK = FulfillmentOrder(
    fulfillment_order_id=9001,
    order_id=1001,
    order_name="#1001",
    method="pick_up",
    status="open",
    location_id=31,
    customer_name="Mina Sato",
    customer_id=77,
    covers_order=True,
    updated_at=START,
    lines=(FulfillmentLine(71, 501, "Gyokuro", "GYO", 2),),
)


def seconds(count: int) -> datetime:
    return START + timedelta(seconds=count)


# What the platform tells of one order from its beginning to its end, and where it ends.
STORIES: dict[str, tuple[list[News], State]] = {
    "nothing happens": ([ORDER, WORK, replace(ORDER, updated_at=seconds(2))], State.REQUESTED),
    "handed over elsewhere": (
        [
            ORDER,
            WORK,
            replace(WORK, status="in_progress", updated_at=seconds(1)),
            replace(WORK, status="closed", updated_at=seconds(9)),
            replace(ORDER, fulfilled=True, updated_at=seconds(9)),
        ],
        State.COLLECTED,
    ),
    "the part is handed over, the rest is still to be sent": (
        [
            ORDER,
            WORK,
            replace(WORK, status="closed", updated_at=seconds(9)),
            replace(ORDER, updated_at=seconds(9)),
        ],
        State.COLLECTED,
    ),
    "cancelled, which closes the fulfillment order": (
        [
            ORDER,
            WORK,
            replace(ORDER, updated_at=seconds(3)),
            replace(WORK, status="closed", updated_at=seconds(9)),
            replace(ORDER, cancelled_at=seconds(9), updated_at=seconds(9)),
        ],
        State.CANCELLED,
    ),
    "cancelled in the second it was placed": (
        [
            ORDER,
            WORK,
            replace(WORK, status="cancelled"),
            replace(ORDER, cancelled_at=START),
        ],
        State.CANCELLED,
    ),
    "cancelled, then edited": (
        [
            ORDER,
            WORK,
            replace(ORDER, cancelled_at=seconds(5), updated_at=seconds(5)),
            replace(ORDER, cancelled_at=seconds(5), updated_at=seconds(7)),
        ],
        State.CANCELLED,
    ),
    "only the part is cancelled": (
        [
            ORDER,
            WORK,
            replace(WORK, status="cancelled", updated_at=seconds(9)),
            replace(ORDER, updated_at=seconds(9)),
        ],
        State.CANCELLED,
    ),
}


def end_of(news: list[News]) -> State:
    """The state after all of ``news``; every change on the way is one row of its history."""
    with memory.alone_at_it() as work:
        for count, told in enumerate(news):
            hear(work, told, at=seconds(60 + count))
        pickup = store.get(work, SHOP, "9001")
        versions = [change.version for change in store.changes(work, SHOP, "9001")]
        assert versions == list(range(1, pickup.version + 1))
        return pickup.state


def hear(work: Connection, told: News, *, at: datetime) -> None:
    if isinstance(told, OrderSeen):
        service.order_seen(work, SHOP, order=told, at=at)
    else:
        service.request_pickup(work, SHOP, told, at=at)


@pytest.mark.parametrize("story", STORIES)
def test_every_order_of_arrival_ends_in_the_same_state(story: str) -> None:
    news, end = STORIES[story]
    assert {end_of(list(heard)) for heard in permutations(news)} == {end}


@given(st.sampled_from(sorted(STORIES)), st.data())
@settings(max_examples=60, deadline=None)
def test_repeats_and_stragglers_change_nothing(story: str, data: st.DataObject) -> None:
    news, end = STORIES[story]
    repeated = data.draw(st.lists(st.sampled_from(news), max_size=8))
    heard = data.draw(st.permutations([*news, *repeated]))
    assert end_of(heard) is end


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_what_we_did_ourselves_stays_done_whatever_is_heard(data: st.DataObject) -> None:
    ours = data.draw(st.sampled_from([State.COLLECTED, State.CANCELLED]))
    story = data.draw(st.sampled_from(sorted(STORIES)))
    late = data.draw(st.lists(st.sampled_from(STORIES[story][0]), max_size=8))
    assert end_after(ours, late) is ours


def end_after(ours: State, late: list[News]) -> State:
    with memory.alone_at_it() as work:
        service.request_pickup(work, SHOP, WORK, at=START)
        pickup = service.mark_ready(work, SHOP, "9001", by="staff:7", at=START)
        act = Act.HAND_OVER if ours is State.COLLECTED else Act.CANCEL
        done = life.done(pickup, act, How("manager:7", START))
        store.save(work, SHOP, done, was=pickup.version)
        for told in late:
            hear(work, told, at=seconds(60))
        assert store.get(work, SHOP, "9001") == done
        return done.state
