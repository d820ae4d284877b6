"""A slot never takes more than its capacity, whoever asks for it at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from handcart.errors import NotFound, RuleBroken
from handcart.pickups import Pickup, State, acts, planning, service, slots, store
from handcart.pickups.rules import StoreRules
from handcart.pickups.slots import Slot
from handcart.pickups.tables import slot_bookings
from handcart.pickups.tables import slots as slots_table
from handcart.platform.port import FulfillmentOrder, ShopProfile, StoreLocation
from handcart.shops import service as shops
from handcart.shops.model import Tokens
from handcart.stock import service as stock
from handcart.storage import Database
from handcart.testing.queue_battery import at_once
from tests import memory

from .builders import AT

SHOP = "juniper-tea.myshopify.com"
Routed = Callable[..., FulfillmentOrder]
SLOT = Slot(31, AT + timedelta(hours=1))
HALF_HOURS = StoreRules(prep_minutes=30, slot_minutes=30, slot_capacity=2)


@pytest.fixture
def work(db: Database) -> Iterator[Connection]:
    with db.writing() as work:
        yield work


@pytest.fixture
def opened(work: Connection, keyring: object, at: datetime) -> Connection:
    """Two stores of a shop in Sofia, with two orders to each half hour. It is 11:00 there."""
    tokens = Tokens("shpat_of_the_test", "read_orders", expires_at=None)
    shops.install(work, SHOP, tokens=tokens, keyring=keyring, at=at)  # type: ignore[arg-type]
    profile = ShopProfile("Juniper Tea", "Europe/Sofia", "EUR", "owner@example.com")
    shops.mirror(work, SHOP, profile, at=at)
    places = [
        StoreLocation(number, f"Store {number}", "", "", True, True, "Mo-Fr 09:00-19:00")
        for number in (31, 32)
    ]
    stock.mirror(work, SHOP, locations=places, levels=[], at=at)
    for number in (31, 32):
        planning.set_rules(work, SHOP, number, HALF_HOURS, by="staff:7", at=at)
    return work


def order(work: Connection, routed: Routed, number: int, *, at: datetime) -> Pickup:
    pickup = service.request_pickup(
        work, SHOP, routed(fulfillment_order_id=number, order_id=number), at=at
    )
    assert pickup
    return pickup


def in_sofia(moment: datetime | None) -> str | None:
    return f"{moment + timedelta(hours=2):%a %H:%M}" if moment else None


def used(work: Connection) -> dict[str, int]:
    """How much of each slot is taken, by both counts of it, which always agree."""
    kept = {
        row.starts_at: row.used
        for row in work.execute(select(slots_table).where(slots_table.c.used > 0))
    }
    summed = {
        row.starts_at: row.amount
        for row in work.execute(
            select(
                slot_bookings.c.starts_at, func.sum(slot_bookings.c.amount).label("amount")
            ).group_by(slot_bookings.c.starts_at)
        )
    }
    assert kept == summed
    return {in_sofia(moment) or "": amount for moment, amount in sorted(kept.items())}


def test_each_order_is_promised_the_first_slot_with_room(
    opened: Connection, routed: Routed, at: datetime
) -> None:
    promised = [in_sofia(order(opened, routed, number, at=at).promised_at) for number in range(5)]
    assert promised == ["Mon 11:30", "Mon 11:30", "Mon 12:00", "Mon 12:00", "Mon 12:30"]
    assert used(opened) == {"Mon 11:30": 2, "Mon 12:00": 2, "Mon 12:30": 1}
    offered = planning.offer(opened, SHOP, 31, at=at)
    assert in_sofia(offered.earliest) == "Mon 12:30"


def test_a_cancelled_order_gives_its_slot_back_once(
    opened: Connection, routed: Routed, at: datetime
) -> None:
    for number in (1, 2):
        order(opened, routed, number, at=at)
    for _ in range(2):
        service.cancel(opened, SHOP, "1", reason="changed_mind", by="shopper", at=at)
    assert used(opened) == {"Mon 11:30": 1}
    assert in_sofia(order(opened, routed, 3, at=at).promised_at) == "Mon 11:30"


def test_a_shopper_moves_to_a_slot_with_room_and_leaves_their_own(
    opened: Connection, routed: Routed, at: datetime
) -> None:
    for number in range(1, 4):
        order(opened, routed, number, at=at)
    noon, later = at + timedelta(hours=1), at + timedelta(hours=4)
    acts.choose_slot(opened, SHOP, "1", starts_at=later, by="shopper", at=at)
    assert used(opened) == {"Mon 11:30": 1, "Mon 12:00": 1, "Mon 15:00": 1}
    assert store.get(opened, SHOP, "1").promised_at == later
    acts.choose_slot(opened, SHOP, "2", starts_at=noon, by="shopper", at=at)
    assert used(opened) == {"Mon 12:00": 2, "Mon 15:00": 1}


@pytest.mark.parametrize(
    ("minutes", "code"), [(17, "slot_unknown"), (0, "slot_unknown"), (60, "slot_full")]
)
def test_a_slot_that_is_none_or_full_is_not_taken(
    minutes: int, code: str, opened: Connection, routed: Routed, at: datetime
) -> None:
    for number in range(1, 5):
        order(opened, routed, number, at=at)
    with pytest.raises((NotFound, RuleBroken)) as caught, opened.begin_nested():
        acts.choose_slot(
            opened,
            SHOP,
            "1",
            starts_at=at + timedelta(minutes=minutes),
            by="shopper",
            at=at,
        )
    assert caught.value.code == code
    assert used(opened) == {"Mon 11:30": 2, "Mon 12:00": 2}


def test_a_moved_order_is_promised_anew_by_the_other_store(
    opened: Connection, routed: Routed, at: datetime
) -> None:
    order(opened, routed, 1, at=at)
    later = at + timedelta(hours=3)
    news = routed(fulfillment_order_id=1, order_id=1, location_id=32, updated_at=later)
    service.request_pickup(opened, SHOP, news, at=later)
    moved = store.get(opened, SHOP, "1")
    assert (moved.location_id, in_sofia(moved.promised_at)) == (32, "Mon 14:30")
    assert used(opened) == {"Mon 14:30": 1}


def test_an_order_that_comes_while_the_store_is_closed_is_not_late_before_it_opens(
    opened: Connection, routed: Routed, at: datetime
) -> None:
    night = at + timedelta(hours=12)
    pickup = order(opened, routed, 1, at=night)
    assert in_sofia(pickup.escalates_at) == "Tue 09:15"
    assert in_sofia(pickup.promised_at) == "Tue 09:30"


def test_goods_are_kept_until_the_store_closes(
    opened: Connection, routed: Routed, at: datetime
) -> None:
    order(opened, routed, 1, at=at)
    ready = service.mark_ready(opened, SHOP, "1", by="staff:7", at=at)
    assert (ready.state, ready.expires_at) == (State.READY, at + timedelta(days=7, hours=8))
    longer = acts.extend(opened, SHOP, "1", by="shopper", at=at)
    assert longer.expires_at == at + timedelta(days=10, hours=8)


def test_a_hold_keeps_a_place_until_it_runs_out_or_is_claimed(
    opened: Connection, at: datetime
) -> None:
    until = at + timedelta(minutes=10)

    def hold(name: str, *, now: datetime) -> bool:
        try:
            planning.hold(opened, SHOP, SLOT, hold_id=name, units=1, at=now, until=until)
        except RuleBroken as refused:
            assert refused.code == "slot_full"
            return False
        return True

    assert [hold(name, now=at) for name in ("a", "b", "c", "a")] == [True, True, False, True]
    assert slots.claim(opened, SHOP, "a", booking_id="pickup:1", at=at)
    assert not slots.claim(opened, SHOP, "a", booking_id="pickup:2", at=at)
    # b ran out: its place goes to c, once; a was claimed for good.
    assert not slots.claim(opened, SHOP, "b", booking_id="pickup:3", at=until)
    until += timedelta(hours=1)
    assert [hold(name, now=at + timedelta(minutes=11)) for name in ("c", "d")] == [True, False]
    assert used(opened) == {"Mon 12:00": 2}


@pytest.mark.parametrize(("capacity_in", "fits"), [("orders", 6), ("items", 2), ("minutes", 3)])
def test_capacity_is_counted_in_orders_items_or_minutes(
    capacity_in: str, fits: int, opened: Connection, routed: Routed, at: datetime
) -> None:
    """An order of three items that takes half of a quarter of an hour."""
    capacity = {"orders": 6, "items": 6, "minutes": 90}[capacity_in]
    rules = replace(HALF_HOURS, capacity_in=capacity_in, slot_capacity=capacity)
    planning.set_rules(opened, SHOP, 31, rules, by="staff:7", at=at)
    promised = [order(opened, routed, number, at=at).promised_at for number in range(7)]
    assert promised.count(promised[0]) == fits


def test_two_hundred_buyers_of_a_slot_of_ten_at_the_same_moment(db: Database) -> None:
    got: list[int] = []

    def buy(number: int) -> None:
        with db.writing() as work:
            taken = slots.book(
                work, SHOP, SLOT, booking_id=f"buyer {number}", amount=1, capacity=10, at=AT
            )
        if taken:
            got.append(number)

    at_once([partial(buy, number) for number in range(200)])
    assert len(got) == 10
    with db.reading() as view:
        assert slots.used(view, SHOP, 31, since=AT, at=AT) == {SLOT.starts_at: 10}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["book", "hold", "release", "claim"]),
            st.integers(0, 5),
            st.integers(0, 2),
            st.integers(1, 3),
            st.integers(0, 20),
        ),
        max_size=30,
    )
)
def test_what_is_used_is_what_is_booked_and_never_more_than_fits(
    steps: list[tuple[str, int, int, int, int]],
) -> None:
    now = AT
    with memory.alone_at_it() as work:
        for what, who, which, amount, minutes in steps:
            now += timedelta(minutes=minutes)
            slot = Slot(31, AT + timedelta(days=1, hours=which))
            name = f"b{who}"
            if what == "release":
                slots.release(work, SHOP, name)
            elif what == "claim":
                slots.claim(work, SHOP, name, booking_id=f"{name}!", at=now)
                slots.release(work, SHOP, f"{name}!")
            else:
                until = now + timedelta(minutes=10) if what == "hold" else None
                slots.book(
                    work,
                    SHOP,
                    slot,
                    booking_id=name,
                    amount=amount,
                    capacity=4,
                    at=now,
                    expires_at=until,
                )
            assert all(amount <= 4 for amount in used(work).values())
