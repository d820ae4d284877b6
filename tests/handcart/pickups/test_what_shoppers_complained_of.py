"""What users of other systems complained of about promises, slots and notices, each as a test.

The complaint stands in the docstring, as project and number of its public issue.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from handcart.errors import RuleBroken
from handcart.pickups import Act, State, acts, promise, store
from handcart.pickups.hours import SpecialDay, StoreHours
from handcart.pickups.mailing import MAIL, MailKind, due, is_true
from handcart.pickups.model import WorkFacts
from handcart.pickups.rules import StoreRules
from handcart.storage import Database
from handcart.storage.outbox import tasks

from .builders import AT, DAY, pickup_in

SHOP = "juniper-tea.myshopify.com"
SOFIA = ZoneInfo("Europe/Sofia")
WEEK = "Mo-Fr 09:00-19:00; Sa 10:00-14:00"


def hours(weekly: str = WEEK, zone: ZoneInfo = SOFIA, **more: object) -> StoreHours:
    return StoreHours(weekly, zone, **more)  # type: ignore[arg-type]


def local(text: str, zone: ZoneInfo = SOFIA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def slots(store: StoreHours, rules: StoreRules, after: datetime, count: int) -> list[str]:
    found = islice(promise.slots(store, rules, after=after), count)
    return [f"{one.astimezone(store.zone):%a %H:%M}" for one in found]


def test_blank_hours_offer_nothing() -> None:
    """woocommerce-local-pickup-time#33: a day without hours was offered all day."""
    store = hours("Mo 09:00-10:00")
    found = slots(store, StoreRules(slot_minutes=60), local("2026-11-24 08:00"), 2)
    assert found == ["Mon 09:00", "Mon 09:00"]


def test_whether_a_slot_begins_at_closing_time_is_the_stores_choice() -> None:
    """woocommerce-local-pickup-time#44: the last slot was at closing time, or missing."""
    after = local("2026-11-23 18:00")
    never = StoreRules(slot_minutes=30)
    assert slots(hours(), never, after, 3) == ["Mon 18:00", "Mon 18:30", "Tue 09:00"]
    at_close = replace(never, last_at_close=True)
    assert slots(hours(), at_close, after, 3) == ["Mon 18:00", "Mon 18:30", "Mon 19:00"]


def test_preparation_is_not_counted_while_the_store_is_closed() -> None:
    """woocommerce-local-pickup-time#78, #109: the delay ran on through nights and weekends."""
    friday = local("2026-11-27 18:30")
    ready = promise.ready_from(hours(), StoreRules(), at=friday, prep=timedelta(minutes=60))
    assert ready == local("2026-11-28 10:30")
    closed = hours(special=(SpecialDay(date(2026, 11, 28), "off"),))
    ready = promise.ready_from(closed, StoreRules(), at=friday, prep=timedelta(minutes=60))
    assert ready == local("2026-11-30 09:30")


def test_a_slot_that_has_passed_meanwhile_is_offered_no_more() -> None:
    """woocommerce-local-pickup-time#96: a slot was paid for after it had gone by."""
    rules = StoreRules(slot_minutes=30)
    assert slots(hours(), rules, local("2026-11-23 10:01"), 1) == ["Mon 10:30"]


def test_times_are_the_stores_and_not_the_servers() -> None:
    """woocommerce-local-pickup-time#56: slots were in the time zone of the server."""
    for name in ("Asia/Tokyo", "Europe/Madrid", "Asia/Tehran", "Australia/Lord_Howe"):
        zone = ZoneInfo(name)
        at = local("2026-11-23 08:00", zone)
        first = next(promise.slots(hours(zone=zone), StoreRules(slot_minutes=30), after=at))
        assert first == local("2026-11-23 09:00", zone)


def test_a_holiday_may_have_an_earlier_cut_off() -> None:
    """schemaorg#2755: a cut-off could not differ by day."""
    eve = date(2026, 12, 24)
    rules = StoreRules(special_cut_offs={eve: time(10)})
    ready = promise.ready_from(
        hours(), rules, at=local("2026-12-24 10:00"), prep=timedelta(minutes=60)
    )
    assert ready == local("2026-12-25 10:00")


def test_there_is_a_second_notice() -> None:
    """hotwax/bopis#201: who missed the first mail never got another."""
    before = replace(pickup_in(State.PICKING), expires_at=None)
    after = replace(pickup_in(State.READY), expires_at=AT + 7 * DAY)
    kinds = [kind for kind, _ in due(before, after, Act.PACK, at=AT)]
    assert kinds == [MailKind.READY, MailKind.REMINDER, MailKind.LAST_DAY]


def test_staff_have_the_notice_written_again_once_an_hour(db: Database, at: datetime) -> None:
    """hotwax/bopis#201: staff could not send the notice again either."""
    with db.writing() as work:
        ready = replace(pickup_in(State.READY), expires_at=at + 7 * DAY)
        facts = WorkFacts("open", at)
        assert store.add(work, SHOP, ready, facts=facts)
        store.save(work, SHOP, replace(ready, version=2), was=1)
        acts.tell_again(work, SHOP, "9001", by="staff:7", at=at)
        with pytest.raises(RuleBroken) as caught:
            acts.tell_again(work, SHOP, "9001", by="staff:8", at=at + timedelta(minutes=59))
        assert caught.value.code == "told_lately"
        acts.tell_again(work, SHOP, "9001", by="staff:8", at=at + timedelta(minutes=61))
        said = [(change.act, change.by) for change in store.changes(work, SHOP, "9001")]
        mails = work.execute(select(tasks.c.payload).where(tasks.c.name == MAIL)).scalars().all()
    assert said == [(Act.TELL, "staff:7"), (Act.TELL, "staff:8")]
    assert [mail["kind"] for mail in mails] == [MailKind.READY, MailKind.READY]


def test_nobody_is_told_that_all_is_ready_while_a_part_is_missing() -> None:
    """hotwax/bopis#739: the mail that everything was done came with the first part."""
    before = replace(pickup_in(State.PICKING), expires_at=None)
    part = replace(pickup_in(State.PARTLY_READY), expires_at=AT + 7 * DAY)
    kinds = [kind for kind, _ in due(before, part, Act.PACK, at=AT)]
    assert MailKind.PARTLY_READY in kinds
    assert MailKind.READY not in kinds
    assert not is_true(part, MailKind.READY, expires_at=None)
