"""When goods can be collected, on the clocks of five places and through both changes of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.errors import BadInput
from handcart.pickups import promise
from handcart.pickups.hours import SpecialDay, StoreHours, check, on_the_clock
from handcart.pickups.rules import StoreRules, checked, from_json, to_json

SHOP_HOURS = "Mo-Fr 09:00-19:00; Sa 10:00-14:00"
ZONES = ["Asia/Tokyo", "Europe/Sofia", "Europe/Madrid", "Asia/Tehran", "Australia/Lord_Howe"]


def hours(weekly: str = SHOP_HOURS, zone: str = "Europe/Sofia", **more: object) -> StoreHours:
    return StoreHours(weekly, ZoneInfo(zone), **more)  # type: ignore[arg-type]


def local(zone: str, text: str) -> datetime:
    """The moment that a clock in ``zone`` shows; the second of two with a trailing ``*``."""
    naive = datetime.fromisoformat(text.rstrip("*"))
    return naive.replace(tzinfo=ZoneInfo(zone), fold=text.endswith("*")).astimezone(UTC)


def shown(moment: datetime | None, zone: str) -> str | None:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %z}" if moment else None


@pytest.mark.parametrize(
    ("zone", "offset"),
    list(zip(ZONES, ["+0900", "+0200", "+0100", "+0330", "+1100"], strict=True)),
)
def test_an_hour_of_work_is_an_hour_in_which_the_store_is_open(zone: str, offset: str) -> None:
    """Ordered on Saturday half an hour before closing: ready on Monday at half past nine."""
    at = local(zone, "2026-11-21 13:30")
    ready = promise.ready_from(hours(zone=zone), StoreRules(), at=at, prep=timedelta(minutes=60))
    assert shown(ready, zone) == f"2026-11-23 09:30 {offset}"


@pytest.mark.parametrize(
    ("zone", "weekly", "at", "minutes", "ready"),
    [
        # Madrid loses the hour from two to three on 29 March 2026, and has it twice on 25 October.
        ("Europe/Madrid", "24/7", "2026-03-29 01:30", 60, "2026-03-29 03:30 +0200"),
        ("Europe/Madrid", "24/7", "2026-10-25 01:30", 120, "2026-10-25 02:30 +0100"),
        ("Europe/Madrid", "24/7", "2026-10-25 02:30*", 60, "2026-10-25 03:30 +0100"),
        # A store that would open in the hour that is skipped opens when clocks show three.
        ("Europe/Madrid", "02:30-05:00", "2026-03-29 00:00", 30, "2026-03-29 03:30 +0200"),
        # One that opens in the hour that comes twice opens the first time.
        ("Europe/Madrid", "02:30-05:00", "2026-10-25 00:00", 30, "2026-10-25 02:00 +0100"),
        # Sofia changes at three; Lord Howe by half an hour, at two.
        ("Europe/Sofia", "24/7", "2026-03-29 02:30", 60, "2026-03-29 04:30 +0300"),
        ("Europe/Sofia", "24/7", "2026-10-25 03:30", 60, "2026-10-25 03:30 +0200"),
        ("Australia/Lord_Howe", "24/7", "2026-10-04 01:45", 30, "2026-10-04 02:45 +1100"),
        ("Australia/Lord_Howe", "24/7", "2026-04-05 01:45", 30, "2026-04-05 01:45 +1030"),
        # No change of clocks in Tokyo, nor in Tehran since 2022.
        ("Asia/Tokyo", "24/7", "2026-03-29 02:30", 60, "2026-03-29 03:30 +0900"),
        ("Asia/Tehran", "24/7", "2026-03-22 00:00", 60, "2026-03-22 01:00 +0330"),
    ],
)
def test_changes_of_the_clocks_neither_lose_nor_gain_a_minute(
    zone: str, weekly: str, at: str, minutes: int, ready: str
) -> None:
    found = promise.ready_from(
        hours(weekly, zone),
        StoreRules(),
        at=local(zone, at),
        prep=timedelta(minutes=minutes),
    )
    assert shown(found, zone) == ready
    if found is not None and weekly == "24/7":
        assert found - local(zone, at) == timedelta(minutes=minutes)


def test_a_time_that_is_skipped_is_the_moment_of_the_change() -> None:
    madrid = ZoneInfo("Europe/Madrid")
    for minute in (0, 1, 30, 59):
        skipped = datetime(2026, 3, 29, 2, minute)
        assert on_the_clock(skipped, madrid) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert on_the_clock(datetime(2026, 3, 29, 3), madrid) == datetime(2026, 3, 29, 1, tzinfo=UTC)


@pytest.mark.parametrize("weekly", ["", "   ", "by appointment, call us"])
def test_a_store_without_readable_hours_promises_nothing(weekly: str) -> None:
    at = local("Europe/Sofia", "2026-11-23 12:00")
    assert promise.ready_from(hours(weekly), StoreRules(), at=at, prep=timedelta()) is None
    rules = StoreRules(slot_minutes=30)
    assert list(promise.slots(hours(weekly), rules, after=at)) == []


def test_after_the_cut_off_work_begins_with_the_next_opening() -> None:
    rules = StoreRules(cut_offs={0: time(16), 4: time(12)}, prep_minutes=90)

    def ready(text: str) -> str | None:
        at = local("Europe/Sofia", text)
        found = promise.ready_from(hours(), rules, at=at, prep=rules.prep())
        return shown(found, "Europe/Sofia")

    assert ready("2026-11-23 15:59") == "2026-11-23 17:29 +0200"
    assert ready("2026-11-23 16:00") == "2026-11-24 10:30 +0200"
    # Tuesday has no cut-off; Friday's is at noon.
    assert ready("2026-11-24 16:00") == "2026-11-24 17:30 +0200"
    assert ready("2026-11-27 12:00") == "2026-11-28 11:30 +0200"


def test_a_holiday_has_its_own_cut_off() -> None:
    day = date(2026, 12, 24)
    rules = StoreRules(cut_offs={3: time(18)}, special_cut_offs={day: time(11)})
    assert rules.cut_off_on(day) == time(11)
    assert rules.cut_off_on(date(2026, 12, 17)) == time(18)
    assert rules.cut_off_on(date(2026, 12, 18)) is None


def test_closed_days_special_hours_and_public_holidays_are_no_working_time() -> None:
    store = hours(
        SHOP_HOURS + "; PH off",
        special=(
            SpecialDay(date(2026, 12, 23), "off"),
            SpecialDay(date(2026, 12, 28), "12:00-12:30"),
        ),
        country="BG",
    )
    at = local("Europe/Sofia", "2026-12-22 18:30")
    # 24 to 26 December are holidays in Bulgaria, and 27 a Sunday.
    ready = promise.ready_from(store, StoreRules(), at=at, prep=timedelta(minutes=90))
    assert shown(ready, "Europe/Sofia") == "2026-12-29 09:30 +0200"


def test_slots_are_counted_from_the_opening_and_fit_before_the_close() -> None:
    at = local("Europe/Sofia", "2026-11-21 12:10")

    def first(rules: StoreRules, count: int) -> list[str]:
        found = islice(promise.slots(hours(), rules, after=at), count)
        return [f"{one.astimezone(ZoneInfo('Europe/Sofia')):%a %H:%M}" for one in found]

    assert first(StoreRules(slot_minutes=45), 3) == ["Sat 12:15", "Sat 13:00", "Mon 09:00"]
    close = StoreRules(slot_minutes=60, last_at_close=True)
    assert first(close, 3) == ["Sat 13:00", "Sat 14:00", "Mon 09:00"]
    assert first(StoreRules(slot_minutes=60), 2) == ["Sat 13:00", "Mon 09:00"]
    assert first(StoreRules(), 2) == []


def test_the_promise_is_the_first_slot_with_room_after_the_goods_are_ready() -> None:
    rules = StoreRules(slot_minutes=30)
    full = {local("Europe/Sofia", f"2026-11-23 {text}") for text in ("11:00", "11:30")}
    found = promise.earliest(
        hours(),
        rules,
        at=local("Europe/Sofia", "2026-11-23 09:40"),
        prep=timedelta(minutes=60),
        has_room=lambda slot: slot not in full,
    )
    assert shown(found, "Europe/Sofia") == "2026-11-23 12:00 +0200"


def test_goods_are_kept_until_the_store_closes_on_a_day_that_it_opens() -> None:
    at = local("Europe/Sofia", "2026-11-20 11:00")

    def kept(days: int) -> str | None:
        until = promise.kept_until(hours(), at=at, keeps=timedelta(days=days))
        return shown(until, "Europe/Sofia")

    assert kept(7) == "2026-11-27 19:00 +0200"
    assert kept(9) == "2026-11-30 19:00 +0200"  # the ninth day is a Sunday
    assert kept(8) == "2026-11-28 14:00 +0200"


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    st.integers(0, 60 * 40),
)
def test_what_is_promised_is_when_the_store_is_open_and_has_worked_long_enough(
    zone: str, naive: datetime, minutes: int
) -> None:
    store, at = hours(zone=zone), naive.replace(tzinfo=UTC)
    ready = promise.after_open(store, start=at, minutes=timedelta(minutes=minutes))
    assert ready is not None and ready >= at
    spans = list(store.spans(at))
    assert any(begin <= ready <= end for begin, end in spans)
    worked = sum(
        (min(end, ready) - begin for begin, end in spans if begin < ready), start=timedelta()
    )
    assert worked == timedelta(minutes=minutes)


@given(st.sampled_from(ZONES), st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_slots_rise_and_lie_within_the_hours(zone: str, naive: datetime) -> None:
    store, at = hours(zone=zone), naive.replace(tzinfo=UTC)
    found = list(islice(promise.slots(store, StoreRules(slot_minutes=40), after=at), 60))
    assert found == sorted(set(found)) and found[0] >= at
    length = timedelta(minutes=40)
    spans = list(store.spans(at - timedelta(days=1)))
    assert all(any(b <= one and one + length <= e for b, e in spans) for one in found)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (StoreRules(prep_minutes=-1), "rule_out_of_range"),
        (StoreRules(keeps_days=0), "rule_out_of_range"),
        (StoreRules(capacity_in="boxes"), "capacity_unknown"),
        (StoreRules(time_zone="Europe/Atlantis"), "time_zone_unknown"),
        (StoreRules(special=(SpecialDay(date(2026, 12, 24), "nine"),)), "hours_malformed"),
    ],
)
def test_rules_that_no_store_can_be_run_by_are_refused(rules: StoreRules, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        checked(rules)
    assert caught.value.code == code


def test_rules_are_kept_and_read_back() -> None:
    rules = StoreRules(
        prep_minutes=45,
        slot_minutes=20,
        slot_capacity=3,
        capacity_in="items",
        last_at_close=True,
        cut_offs={0: time(16), 5: time(12, 30)},
        special=(SpecialDay(date(2026, 12, 24), "10:00-12:00"),),
        special_cut_offs={date(2026, 12, 24): time(11)},
        country="BG",
        time_zone="Europe/Sofia",
    )
    assert from_json(to_json(checked(rules))) == rules
    assert from_json({"prep_minutes": 5, "of a later version": 1}) == StoreRules(prep_minutes=5)
    assert check(SHOP_HOURS) == SHOP_HOURS
