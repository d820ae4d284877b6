"""What users of other systems complained about, each thread a test."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from handcart.errors import RuleBroken
from handcart.stock import availability, holds, sales, service
from handcart.storage import Database

from .shelves import (
    GYOKURO,
    HARBOUR,
    OLD_TOWN,
    SHOP,
    known,
    level,
    part,
    stocked,
    summed,
    till_sale,
)

TEA = 501
MINUTE = timedelta(minutes=1)


@pytest.fixture
def stock(work: Connection, at: datetime) -> Connection:
    stocked(work, at)
    return work


def hold(work: Connection, name: str, lines: list[tuple[int, int]], at: datetime) -> None:
    holds.place(
        work, SHOP, name, lines, location_id=HARBOUR, channel="pickup", at=at, until=at + MINUTE
    )


def left(work: Connection, at: datetime) -> int:
    return availability.to_promise(work, SHOP, [TEA], channel="pickup", at=at)[TEA][HARBOUR]


@pytest.mark.parametrize(
    "thread",
    [
        "vendurehq/vendure#3508",
        "saleor/saleor#543",
        "opencart/opencart#4811",
        "awesto/django-shop#888",
    ],
)
def test_the_last_unit_is_sold_once(stock: Connection, at: datetime, thread: str) -> None:
    """One after the other here; ``test_last_unit`` has a hundred at the same moment."""
    hold(stock, "one", [(TEA, 10)], at)
    with pytest.raises(RuleBroken) as sold_out:
        hold(stock, thread, [(TEA, 1)], at)
    assert sold_out.value.code == "stock_short"


def test_medusa_16502_two_lines_of_one_stock_do_not_both_get_the_last_unit(
    stock: Connection, at: datetime
) -> None:
    with pytest.raises(RuleBroken):
        hold(stock, "a", [(TEA, 10), (TEA, 1)], at)
    assert left(stock, at) == 10


def test_medusa_16502_13625_a_hold_is_gone_when_its_checkout_fails(
    db: Database, at: datetime
) -> None:
    with db.writing() as work:
        stocked(work, at)
    with pytest.raises(ZeroDivisionError), db.writing() as work:
        hold(work, "a", [(TEA, 4)], at)
        raise ZeroDivisionError
    with db.reading() as view:
        assert left(view, at) == 10


def test_medusa_16406_an_edit_of_prices_alone_takes_nothing_again(
    stock: Connection, at: datetime
) -> None:
    sales.routed(stock, SHOP, part(1, 2, at + MINUTE), at=at + MINUTE)
    service.level_read(stock, SHOP, level(8, at + MINUTE), at=at + MINUTE)
    before = known(stock)
    sales.routed(stock, SHOP, part(1, 2, at + 2 * MINUTE), at=at + 2 * MINUTE)
    assert known(stock) == before


def test_medusa_12401_nothing_that_is_set_aside_falls_below_zero(
    stock: Connection, at: datetime
) -> None:
    ended = part(1, 2, at + 2 * MINUTE, status="cancelled")
    sales.routed(stock, SHOP, ended, at=at + 2 * MINUTE)
    sales.routed(stock, SHOP, part(1, 2, at + MINUTE), at=at + 3 * MINUTE)
    sales.routed(stock, SHOP, ended, at=at + 4 * MINUTE)
    assert known(stock).set_aside >= 0
    assert summed(stock) == (known(stock).available, known(stock).set_aside)


@pytest.mark.parametrize("thread", ["nopSolutions/nopCommerce PR 7096", "shopware/SwagPayPal#561"])
def test_a_till_that_tells_of_a_sale_and_of_its_stock_takes_it_away_once(
    stock: Connection, at: datetime, thread: str
) -> None:
    for _ in range(2):
        sales.orders_seen(stock, [(SHOP, till_sale(1, 3, at + MINUTE))], at=at + MINUTE)
        service.level_read(stock, SHOP, level(7, at + MINUTE), at=at + MINUTE)
    assert (known(stock).available, known(stock).unexplained) == (7, 0)


def test_posnext_50_an_offline_sale_that_is_posted_twice_is_one_sale(
    stock: Connection, at: datetime
) -> None:
    late = at + timedelta(hours=3)
    for told in (late, late + MINUTE):
        sale = till_sale(1, 2, told, sold_at=at + MINUTE)
        sales.orders_seen(stock, [(SHOP, sale)], at=told)
    service.level_read(stock, SHOP, level(8, late), at=late)
    assert (known(stock).available, known(stock).sold_since, known(stock).unexplained) == (8, 2, 0)


def test_repairdesk_400_what_is_sold_in_the_shop_is_gone_online(
    stock: Connection, at: datetime
) -> None:
    service.level_read(stock, SHOP, level(0, at + MINUTE), at=at + MINUTE)
    assert availability.in_all(stock, SHOP, [TEA], channel="online", at=at + MINUTE) == {TEA: 10}
    [harbour, old_town] = service.available(stock, SHOP, TEA, at=at + MINUTE)
    assert (harbour.available, old_town.available) == (0, 10)


@pytest.mark.parametrize("thread", ["magento/magento2#37992", "magento/magento2#39337"])
def test_a_store_with_nothing_on_the_shelf_is_not_offered_as_if_it_had(
    stock: Connection, at: datetime, thread: str
) -> None:
    service.level_read(stock, SHOP, level(-1, at + MINUTE), at=at + MINUTE)
    found = {one.place.name: one.available for one in service.available(stock, SHOP, TEA, at=at)}
    assert found == {"Harbour": 0, "Old Town": 10}


def test_magento_inventory_2676_an_order_is_checked_at_its_store_and_not_over_all_of_them(
    stock: Connection, at: datetime
) -> None:
    wanted = [(TEA, 12)]
    assert availability.in_all(stock, SHOP, [TEA], channel="pickup", at=at) == {TEA: 20}
    for place in (HARBOUR, OLD_TOWN):
        short = availability.short_of(
            stock, SHOP, wanted, location_id=place, channel="pickup", at=at
        )
        assert short == {TEA: 2}
    assert known(stock, item=GYOKURO).available == 10
