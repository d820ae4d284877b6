from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.errors import WiringError
from handcart.schedule import Slot, schedule

SOFIA = "Europe/Sofia"
# In 2026 Sofia puts its clocks forward on 29 March at 03:00 and back on 25 October at 04:00.
GAP = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
FOLD = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
MOMENTS = st.datetimes(
    min_value=datetime(2020, 1, 1), max_value=datetime(2032, 1, 1), timezones=st.just(UTC)
)
ZONES = st.sampled_from(["UTC", SOFIA, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
TIMES = st.times().map(lambda time: f"{time:%H:%M}")


def daily(time: str, zone: str | None = SOFIA) -> set[Slot]:
    """Every slot that is met in a year in which each quarter of an hour is looked at."""
    plan = schedule(every=None, daily=time, zone=zone)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return {plan.slot(start + n * timedelta(minutes=15), zone="UTC") for n in range(4 * 24 * 365)}


def test_an_hour_has_one_slot_and_it_begins_on_the_hour() -> None:
    plan = schedule(every="1h", daily=None, zone=None)
    nine = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    slots = {plan.slot(nine + timedelta(minutes=n), zone=SOFIA) for n in range(60)}
    assert slots == {Slot("2026-11-23T09:00Z", nine)}
    assert plan.slot(nine - timedelta(microseconds=1), zone=SOFIA).name == "2026-11-23T08:00Z"


@pytest.mark.parametrize("time", ["00:00", "02:30", "03:00", "03:30", "04:00", "23:59"])
def test_a_daily_slot_comes_once_a_day_all_year_also_when_the_clocks_change(time: str) -> None:
    slots = daily(time)
    days = sorted(slot.name for slot in slots)
    first, last = (date.fromisoformat(day) for day in (days[0], days[-1]))
    assert len(days) == len(set(days)) == (last - first).days + 1 == 366
    assert {slot.at.astimezone(ZoneInfo(SOFIA)).date().isoformat() for slot in slots} == set(days)


def test_a_time_that_is_left_out_comes_as_much_later() -> None:
    [slot] = [slot for slot in daily("03:30") if slot.name == "2026-03-29"]
    assert slot.at == GAP + timedelta(minutes=30)
    assert f"{slot.at.astimezone(ZoneInfo(SOFIA)):%H:%M}" == "04:30"


def test_of_a_time_that_comes_twice_the_first_counts() -> None:
    [slot] = [slot for slot in daily("03:30") if slot.name == "2026-10-25"]
    assert slot.at == FOLD - timedelta(minutes=30)


def test_without_a_zone_the_time_is_the_shops() -> None:
    plan = schedule(every=None, daily="03:30", zone=None)
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert plan.slot(at, zone=SOFIA).at == datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    assert plan.slot(at, zone="Asia/Tokyo").at == datetime(2026, 11, 22, 18, 30, tzinfo=UTC)


def test_a_shop_in_a_zone_that_nobody_here_knows_is_served_by_utc() -> None:
    plan = schedule(every=None, daily="03:30", zone=None)
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert plan.slot(at, zone="Mars/Olympus") == plan.slot(at, zone="UTC")


@given(at=MOMENTS, zone=ZONES, time=TIMES, later=st.timedeltas(timedelta(0), timedelta(days=3)))
def test_slots_begin_in_the_past_and_never_go_back(
    at: datetime, zone: str, time: str, later: timedelta
) -> None:
    for plan in (
        schedule(every=None, daily=time, zone=None),
        schedule(every="45m", daily=None, zone=None),
    ):
        slot, next_ = plan.slot(at, zone=zone), plan.slot(at + later, zone=zone)
        assert slot.at <= at
        assert at - slot.at < timedelta(hours=26)
        assert slot.at <= next_.at
        assert (slot == next_) == (slot.name == next_.name)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"every": "1h", "daily": "03:30"},
        {"every": "1h", "zone": SOFIA},
        {"every": "0m"},
        {"every": "30s"},
        {"every": "hourly"},
        {"daily": "24:00"},
        {"daily": "3:30"},
    ],
)
def test_what_is_no_schedule_is_refused_at_once(wrong: dict[str, str]) -> None:
    with pytest.raises(WiringError) as error:
        schedule(**{"every": None, "daily": None, "zone": None, **wrong})
    assert error.value.code == "schedule_unreadable"


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "../etc/passwd"])
def test_an_unknown_zone_is_refused_at_once(zone: str) -> None:
    with pytest.raises(WiringError) as error:
        schedule(every=None, daily="03:30", zone=zone)
    assert error.value.code == "zone_unknown"
