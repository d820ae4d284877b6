"""Which mails are due when, and the quiet hours of stores in five places."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.pickups import Act, State
from handcart.pickups.mailing import MailKind, due, is_true, out_of_quiet

from .builders import AT, DAY, pickup_in

ZONES = ["Asia/Tokyo", "Europe/Sofia", "Europe/Madrid", "Asia/Tehran", "Australia/Lord_Howe"]
NIGHT = {"start": time(21), "end": time(8)}


def local(zone: str, text: str) -> datetime:
    naive = datetime.fromisoformat(text.rstrip("*"))
    return naive.replace(tzinfo=ZoneInfo(zone), fold=text.endswith("*")).astimezone(UTC)


def shown(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize("zone", ZONES)
def test_no_mail_goes_at_night_on_the_stores_own_clock(zone: str) -> None:
    quiet = NIGHT | {"zone": ZoneInfo(zone)}
    for asked, sent in [
        ("2026-11-23 20:59", "2026-11-23 20:59"),
        ("2026-11-23 21:00", "2026-11-24 08:00"),
        ("2026-11-24 00:00", "2026-11-24 08:00"),
        ("2026-11-24 07:59", "2026-11-24 08:00"),
        ("2026-11-24 08:00", "2026-11-24 08:00"),
    ]:
        assert shown(out_of_quiet(local(zone, asked), **quiet), zone) == sent


@pytest.mark.parametrize(
    ("zone", "asked", "end", "sent"),
    [
        # Madrid has no half past two on 29 March 2026: the night ends with the change.
        ("Europe/Madrid", "2026-03-29 01:30", time(2, 30), "2026-03-29 03:00"),
        # On 25 October half past two comes twice; the first ends the night.
        ("Europe/Madrid", "2026-10-25 01:30", time(2, 30), "2026-10-25 02:30"),
        ("Europe/Sofia", "2026-03-29 02:30", time(8), "2026-03-29 08:00"),
        ("Europe/Sofia", "2026-10-25 03:30*", time(8), "2026-10-25 08:00"),
        ("Australia/Lord_Howe", "2026-10-04 01:45", time(2, 15), "2026-10-04 02:30"),
        ("Australia/Lord_Howe", "2026-04-05 01:15", time(1, 45), "2026-04-05 01:45"),
    ],
)
def test_a_night_ends_once_through_both_changes_of_the_clocks(
    zone: str, asked: str, end: time, sent: str
) -> None:
    found = out_of_quiet(local(zone, asked), start=time(21), end=end, zone=ZoneInfo(zone))
    assert shown(found, zone) == sent
    assert found > local(zone, asked)


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES),
    start=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    end=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
)
def test_whatever_the_hours_a_mail_waits_less_than_a_day_and_an_hour(
    at: datetime, zone: str, start: time, end: time
) -> None:
    found = out_of_quiet(at, start=start, end=end, zone=ZoneInfo(zone))
    assert timedelta() <= found - at <= timedelta(hours=25)
    if start == end:
        assert found == at


def test_a_ready_order_is_written_of_now_a_day_later_and_on_its_last_day() -> None:
    before = replace(pickup_in(State.PICKING), expires_at=None)
    after = replace(pickup_in(State.READY), expires_at=AT + 7 * DAY)
    assert list(due(before, after, Act.PACK, at=AT)) == [
        (MailKind.READY, AT),
        (MailKind.REMINDER, AT + DAY),
        (MailKind.LAST_DAY, AT + 6 * DAY),
    ]


def test_one_that_is_kept_for_a_day_is_not_reminded_of_twice_at_once() -> None:
    before = replace(pickup_in(State.PICKING), expires_at=None)
    after = replace(pickup_in(State.READY), expires_at=AT + 2 * DAY)
    kinds = [kind for kind, _ in due(before, after, Act.PACK, at=AT)]
    assert kinds == [MailKind.READY, MailKind.LAST_DAY]


def test_of_a_part_the_shopper_hears_when_it_is_there_and_when_all_is() -> None:
    before = replace(pickup_in(State.PICKING), expires_at=None)
    part = replace(pickup_in(State.PARTLY_READY), expires_at=AT + 7 * DAY)
    whole = replace(pickup_in(State.READY), expires_at=AT + 7 * DAY)
    assert next(due(before, part, Act.PACK, at=AT)) == (MailKind.PARTLY_READY, AT)
    assert list(due(part, whole, Act.PACK, at=AT)) == [(MailKind.READY, AT)]


def test_what_is_kept_for_longer_has_another_last_day() -> None:
    before = replace(pickup_in(State.READY), expires_at=AT + DAY)
    after = replace(before, expires_at=AT + 4 * DAY, extensions=1)
    assert list(due(before, after, Act.EXTEND, at=AT)) == [(MailKind.LAST_DAY, AT + 3 * DAY)]
    old, new = (AT + DAY).isoformat(), (AT + 4 * DAY).isoformat()
    assert not is_true(after, MailKind.LAST_DAY, expires_at=old)
    assert is_true(after, MailKind.LAST_DAY, expires_at=new)


def test_what_was_not_collected_in_time_is_said_once() -> None:
    before, after = pickup_in(State.READY), pickup_in(State.EXPIRED)
    assert list(due(before, after, Act.EXPIRE, at=AT)) == [(MailKind.EXPIRED, AT)]


def test_what_is_missing_is_said_a_little_later_and_once() -> None:
    after = pickup_in(State.SHORT)
    before = replace(pickup_in(State.PICKING), expires_at=after.expires_at)
    later = AT + timedelta(minutes=5)
    assert list(due(before, after, Act.MISS, at=AT)) == [(MailKind.SHORT, later)]
    assert list(due(after, after, Act.MISS, at=AT)) == []


@pytest.mark.parametrize("state", list(State))
def test_nobody_is_reminded_of_what_they_have_or_will_not_get(state: State) -> None:
    pickup = pickup_in(state)
    to_fetch = {State.READY, State.PARTLY_READY, State.PARTLY_COLLECTED, State.ON_MY_WAY}
    assert is_true(pickup, MailKind.REMINDER, expires_at=None) == (state in to_fetch)
    assert is_true(pickup, MailKind.EXPIRED, expires_at=None) == (state is State.EXPIRED)
    assert is_true(pickup, MailKind.SHORT, expires_at=None) == (state is State.SHORT)
    assert not is_true(replace(pickup, held=True), MailKind.REMINDER, expires_at=None)
