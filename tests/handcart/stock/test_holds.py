from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import ColumnElement, Connection, func, select

from handcart.errors import BadInput, RuleBroken
from handcart.stock import availability, holds, rules, service
from handcart.stock.rules import StockRules, checked
from handcart.stock.tables import stock_holds
from handcart.storage.outbox import tasks

from .shelves import GYOKURO, HARBOUR, OLD_TOWN, SHOP, known, level, stocked, summed

MINUTE = timedelta(minutes=1)
TEA, OTHER = 501, 502


@pytest.fixture
def stock(work: Connection, at: datetime) -> Connection:
    stocked(work, at)
    return work


def hold(
    work: Connection, name: str, units: int, at: datetime, *, until: datetime | None = None
) -> None:
    holds.place(
        work,
        SHOP,
        name,
        [(TEA, units)],
        location_id=HARBOUR,
        channel="pickup",
        at=at,
        until=until or at + 10 * MINUTE,
    )


def left(work: Connection, at: datetime, channel: str = "pickup", place: int = HARBOUR) -> int:
    return availability.to_promise(work, SHOP, [TEA], channel=channel, at=at)[TEA][place]


def test_what_is_held_is_promised_to_nobody_else_and_stays_on_the_shelf(
    stock: Connection, at: datetime
) -> None:
    hold(stock, "a", 4, at)
    assert left(stock, at) == 6
    assert known(stock).on_hand == 10
    assert summed(stock) == (10, 0)
    with pytest.raises(RuleBroken) as short:
        hold(stock, "b", 7, at)
    assert short.value.code == "stock_short"
    hold(stock, "b", 6, at)
    assert left(stock, at) == 0
    assert left(stock, at, place=OLD_TOWN) == 10


def test_a_checkout_that_asks_again_has_what_it_asks_for_now(
    stock: Connection, at: datetime
) -> None:
    hold(stock, "a", 4, at)
    hold(stock, "a", 9, at + MINUTE)
    assert left(stock, at + MINUTE) == 1
    with pytest.raises(RuleBroken):
        hold(stock, "a", 11, at + MINUTE)
    assert holds.units_of(stock, SHOP, "a") == {(GYOKURO, HARBOUR): 9}
    assert left(stock, at + 10 * MINUTE + timedelta(seconds=1)) == 1


def test_a_hold_is_released_once(stock: Connection, at: datetime) -> None:
    hold(stock, "a", 4, at)
    assert holds.release(stock, SHOP, "a", at=at)
    assert not holds.release(stock, SHOP, "a", at=at)
    assert not holds.ran_out(stock, SHOP, "a", at=at + 20 * MINUTE)
    assert left(stock, at) == 10
    assert stock.scalar(select(func.count()).select_from(tasks).where(_timers())) == 0


def test_a_hold_that_has_run_out_holds_nothing_before_its_timer_and_is_gone_after(
    stock: Connection, at: datetime
) -> None:
    hold(stock, "a", 4, at)
    late = at + 10 * MINUTE
    assert left(stock, late) == 10
    hold(stock, "b", 10, late)
    assert holds.ran_out(stock, SHOP, "a", at=late)
    assert not holds.ran_out(stock, SHOP, "a", at=late)
    assert not holds.ran_out(stock, SHOP, "b", at=late)
    assert holds.units_of(stock, SHOP, "b") == {(GYOKURO, HARBOUR): 10}
    assert left(stock, late) == 0


def test_an_old_timer_does_not_end_a_hold_that_was_extended(
    stock: Connection, at: datetime
) -> None:
    hold(stock, "a", 4, at)
    hold(stock, "a", 4, at + 9 * MINUTE)
    assert not holds.ran_out(stock, SHOP, "a", at=at + 10 * MINUTE)
    assert left(stock, at + 10 * MINUTE) == 6
    due = stock.scalars(select(tasks.c.due_at).where(_timers())).all()
    assert due == [at + 19 * MINUTE]


def test_what_was_bought_is_not_for_sale_before_the_platform_has_taken_it_away(
    stock: Connection, at: datetime
) -> None:
    hold(stock, "a", 4, at)
    assert holds.bought(stock, SHOP, "a", order_id=1, at=at + MINUTE)
    assert left(stock, at + MINUTE) == 6
    service.level_read(stock, SHOP, level(6, at + MINUTE), at=at + MINUTE)
    assert left(stock, at + MINUTE) == 6
    assert holds.units_of(stock, SHOP, "a") == {}


def test_a_hold_whose_order_is_never_told_in_a_level_ends_after_two_minutes(
    stock: Connection, at: datetime
) -> None:
    hold(stock, "a", 4, at)
    assert holds.bought(stock, SHOP, "a", order_id=1, at=at)
    assert not holds.bought(stock, SHOP, "b", order_id=2, at=at)
    assert left(stock, at + 2 * MINUTE) == 10
    assert holds.ran_out(stock, SHOP, "a", at=at + 2 * MINUTE)
    assert stock.scalar(select(func.count()).select_from(stock_holds)) == 0


def test_two_lines_of_the_same_tea_want_both(stock: Connection, at: datetime) -> None:
    two = [(TEA, 6), (TEA, 6)]
    with pytest.raises(RuleBroken):
        holds.place(
            stock, SHOP, "a", two, location_id=HARBOUR, channel="pickup", at=at, until=at + MINUTE
        )
    short = availability.short_of(
        stock, SHOP, [*two, (999, 1)], location_id=HARBOUR, channel="pickup", at=at
    )
    assert short == {TEA: 2, 999: 1}


def test_safety_is_not_sold_and_the_narrowest_rule_counts(stock: Connection, at: datetime) -> None:
    rules.set_rules(stock, SHOP, StockRules(safety=2), by="staff:7", at=at)
    assert (left(stock, at), left(stock, at, place=OLD_TOWN)) == (8, 8)
    rules.set_rules(stock, SHOP, StockRules(safety=5), by="staff:7", at=at, location_id=HARBOUR)
    rules.set_rules(stock, SHOP, StockRules(), by="staff:7", at=at, item_id=GYOKURO)
    assert (left(stock, at), left(stock, at, place=OLD_TOWN)) == (10, 10)
    rules.drop_rules(stock, SHOP, item_id=GYOKURO)
    assert (left(stock, at), left(stock, at, place=OLD_TOWN)) == (5, 8)
    with pytest.raises(RuleBroken):
        hold(stock, "a", 6, at)
    hold(stock, "a", 5, at)


def test_safety_by_confidence_hides_what_nobody_has_counted_for_long(
    stock: Connection, at: datetime
) -> None:
    rules.set_rules(stock, SHOP, StockRules(trust=0.9), by="staff:7", at=at)
    assert left(stock, at) == 8


def test_one_pool_or_a_part_kept_for_a_channel(stock: Connection, at: datetime) -> None:
    assert left(stock, at) == left(stock, at, "online") == left(stock, at, "till") == 10
    kept = StockRules(kept={"till": 3, "pickup": 2})
    rules.set_rules(stock, SHOP, kept, by="staff:7", at=at)
    assert left(stock, at, "online") == 5
    assert left(stock, at, "pickup") == 7
    assert left(stock, at, "till") == 8
    assert availability.in_all(stock, SHOP, [TEA], channel="online", at=at) == {TEA: 10}


def test_what_lies_elsewhere_is_offered_for_later_where_the_merchant_says_so(
    stock: Connection, at: datetime
) -> None:
    found = service.available(stock, SHOP, TEA, at=at)
    assert [(one.available, one.from_elsewhere) for one in found] == [(10, 0), (10, 0)]
    rules.set_rules(
        stock, SHOP, StockRules(from_elsewhere=True), by="staff:7", at=at, location_id=HARBOUR
    )
    found = service.available(stock, SHOP, TEA, at=at)
    assert [(one.available, one.from_elsewhere) for one in found] == [(10, 10), (10, 0)]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (StockRules(safety=-1), "rule_out_of_range"),
        (StockRules(trust=0.99), "rule_out_of_range"),
        (StockRules(hold_minutes=61), "rule_out_of_range"),
        (StockRules(kept={"till": -1}), "rule_out_of_range"),
        (StockRules(kept={"fax": 1}), "channel_unknown"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(wrong: StockRules, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        checked(wrong)
    assert refused.value.code == code


def _timers() -> ColumnElement[bool]:
    return tasks.c.name == holds.TIMER
