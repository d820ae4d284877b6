from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from handcart.errors import BadInput
from handcart.keys import Keyring
from handcart.pickups import acts, reports, service
from handcart.pickups.journeys import Figures, Journey, by_day, figures_of
from handcart.pickups.life import Clock
from handcart.pickups.reports import Standing
from handcart.platform.port import FulfillmentOrder
from handcart.storage import Database

SHOP = "juniper-tea.myshopify.com"
SOFIA = ZoneInfo("Europe/Sofia")
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
Routed = Callable[..., FulfillmentOrder]


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
def work(db: Database) -> Iterator[Connection]:
    with db.writing() as work:
        yield work


@pytest.fixture
def place(work: Connection, routed: Routed, at: datetime) -> Callable[..., str]:
    def arrive(number: int, **changes: Any) -> str:
        told = {"fulfillment_order_id": number, "order_id": number - 8000} | changes
        service.request_pickup(work, SHOP, routed(**told), at=at)
        return str(number)

    return arrive


def test_figures_say_nothing_where_there_is_nothing_to_say() -> None:
    assert figures_of(()) == Figures(0, None, None, None, None, None, None)
    one = Journey(31, AT)
    assert figures_of((one,)) == Figures(1, None, None, None, None, None, 0.0)


def test_figures_are_medians_and_shares_of_those_they_can_be_said_of() -> None:
    done = [
        Journey(
            31,
            AT,
            promised_at=AT + minutes(20),
            ready_at=AT + minutes(count),
            here_at=AT + minutes(60),
            given_at=AT + minutes(60 + count / 10),
            ended=True,
            short=count == 30,
            no_show=count == 10,
        )
        for count in (10, 20, 30)
    ]
    found = figures_of([*done, Journey(31, AT)])
    assert (found.orders, found.ready_minutes, found.ready_minutes_most) == (4, 20, 30)
    assert (found.on_time, found.wait_minutes) == (2 / 3, 2)
    assert (found.no_show, found.short) == (1 / 3, 1 / 4)


@given(st.lists(st.datetimes(datetime(2026, 10, 20), datetime(2026, 11, 5)), max_size=30))
def test_every_pickup_of_the_period_is_on_exactly_one_day(moments: list[datetime]) -> None:
    """Through the end of summer time too, where a day has 25 hours."""
    asked = [Journey(31, moment.replace(tzinfo=UTC)) for moment in moments]
    first, last = date(2026, 10, 22), date(2026, 11, 2)
    days = by_day(asked, zone=SOFIA, first=first, last=last)
    inside = [each for each in asked if first <= each.requested_at.astimezone(SOFIA).date() <= last]
    assert [day.day for day in days] == [first + timedelta(days=one) for one in range(12)]
    assert sum(day.figures.orders for day in days) == len(inside)


def test_a_journey_is_read_from_what_was_written_down(
    work: Connection, place: Callable[..., str], keyring: Keyring, at: datetime
) -> None:
    good, short, never = place(9001), place(9002), place(9003, location_id=32)
    place(9004)
    service.mark_ready(work, SHOP, good, by="staff:7", at=at + minutes(12))
    acts.arrive(work, SHOP, good, note=None, by="shopper", at=at + minutes(30))
    service.hand_over(
        work, SHOP, good, code=None, keyring=keyring, by="staff:7", at=at + minutes(34)
    )
    acts.report_missing(
        work, SHOP, short, units={71: 1}, reason="damaged", by="staff:7", at=at + minutes(5)
    )
    service.mark_ready(work, SHOP, never, by="staff:7", at=at + minutes(1))
    acts.clock_went_off(work, SHOP, never, clock=Clock.EXPIRE, at=at + timedelta(days=8))
    acts.restock(work, SHOP, never, by="staff:7", at=at + timedelta(days=8))
    day = at.astimezone(SOFIA).date()
    read = {
        (each.ready_at, each.short, each.no_show, each.ended): each
        for each in reports.journeys(work, SHOP, first=day, last=day, zone=SOFIA)
    }
    assert set(read) == {
        (at + minutes(12), False, False, True),
        (None, True, False, False),
        (at + minutes(1), False, True, True),
        (None, False, False, False),
    }
    whole = figures_of(tuple(read.values()))
    assert (whole.wait_minutes, whole.no_show, whole.short) == (4, 1 / 2, 1 / 4)
    alone = reports.journeys(work, SHOP, first=day, last=day, zone=SOFIA, location_id=32)
    assert len(alone) == 1
    assert reports.journeys(work, "other.myshopify.com", first=day, last=day, zone=SOFIA) == ()


def test_how_every_store_stands(work: Connection, place: Callable[..., str], at: datetime) -> None:
    for number in (9001, 9002, 9003):
        place(number)
    place(9004, location_id=32)
    acts.clock_went_off(work, SHOP, "9001", clock=Clock.ESCALATE, at=at + minutes(15))
    acts.report_missing(work, SHOP, "9002", units={71: 1}, reason="not_found", by="staff:7", at=at)
    service.mark_ready(work, SHOP, "9003", by="staff:7", at=at)
    acts.arrive(work, SHOP, "9003", note=None, by="shopper", at=at + minutes(3))
    assert reports.standings(work, SHOP, at=at + minutes(15)) == {
        31: Standing(to_prepare=2, unseen=1, short=1, ready=1, here=1, waits_since=at + minutes(3)),
        32: Standing(to_prepare=1),
    }


@pytest.mark.parametrize("days", [-1, 92])
def test_a_period_is_forwards_and_not_for_ever(days: int, work: Connection) -> None:
    first = date(2026, 11, 1)
    with pytest.raises(BadInput) as caught:
        last = first + timedelta(days=days)
        reports.journeys(work, SHOP, first=first, last=last, zone=SOFIA)
    assert caught.value.code == "period_malformed"
