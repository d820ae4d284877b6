"""What orders and tills take, told in any order, any number of times."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Connection

from handcart.platform.port import Order, StockLevel
from handcart.stock import ledger, sales, service
from handcart.stock.movements import Kind
from handcart.storage.outbox import tasks
from tests import memory

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

SECOND = timedelta(seconds=1)


@pytest.fixture
def stock(work: Connection, at: datetime) -> Connection:
    stocked(work, at)
    return work


def hear(work: Connection, news: Any) -> None:
    """A webhook arrives: of a level, an order, or a part of one."""
    if isinstance(news, StockLevel):
        service.level_changed(
            work,
            SHOP,
            inventory_item_id=news.inventory_item_id,
            location_id=news.location_id,
            available=news.available,
            updated_at=news.updated_at,
            at=news.updated_at,
        )
    elif isinstance(news, Order):
        sales.orders_seen(work, [(SHOP, news)], at=news.updated_at)
    else:
        sales.routed(work, SHOP, news, at=news.updated_at)


def numbers(work: Connection, location: int = HARBOUR) -> tuple[int, int, int]:
    """Available, set aside, unexplained; the movements add up to them."""
    now = known(work, location=location)
    assert summed(work, location=location) == (now.available, now.set_aside)
    return now.available, now.set_aside, now.unexplained


def kinds(work: Connection) -> list[str]:
    return [one.kind.value for one in reversed(ledger.movements(work, SHOP, GYOKURO, HARBOUR))]


def test_an_order_and_its_level_are_one_change_whichever_is_told_first(at: datetime) -> None:
    order, now = part(1, 2, at + SECOND), level(8, at + SECOND)
    for news in permutations([order, now, order]):
        with memory.alone_at_it() as work:
            stocked(work, at)
            for one in news:
                hear(work, one)
            assert numbers(work) == (8, 2, 0)


def test_a_till_sale_and_its_level_are_one_change_whichever_is_told_first(at: datetime) -> None:
    sale, now = till_sale(1, 2, at + SECOND), level(8, at + SECOND)
    for news in permutations([sale, now, sale]):
        with memory.alone_at_it() as work:
            stocked(work, at)
            for one in news:
                hear(work, one)
            assert numbers(work) == (8, 0, 0)


def test_goods_that_were_handed_out_leave_what_can_be_sold_as_it_is(
    stock: Connection, at: datetime
) -> None:
    hear(stock, part(1, 2, at + SECOND))
    hear(stock, level(8, at + SECOND))
    assert known(stock).on_hand == 10
    hear(stock, part(1, 2, at + 2 * SECOND, left=1))
    assert numbers(stock) == (8, 1, 0)
    hear(stock, part(1, 2, at + 3 * SECOND, status="closed"))
    hear(stock, part(1, 2, at + 2 * SECOND, left=1))
    assert numbers(stock) == (8, 0, 0)
    assert known(stock).on_hand == 8
    assert kinds(stock) == ["opening", "ordered", "told", "told", "handed_out", "handed_out"]


def test_a_cancelled_order_gives_its_goods_back_when_the_platform_does(
    stock: Connection, at: datetime
) -> None:
    hear(stock, part(1, 2, at + SECOND))
    hear(stock, level(8, at + SECOND))
    cancelled = till_sale(
        1, 2, at + 2 * SECOND, source="web", cancelled_at=at + 2 * SECOND, fulfilled=False
    )
    hear(stock, cancelled)
    assert numbers(stock) == (8, 0, -2)
    hear(stock, level(10, at + 3 * SECOND))
    hear(stock, cancelled)
    assert numbers(stock) == (10, 0, 0)


def test_an_order_that_was_fulfilled_elsewhere_waits_no_more(
    stock: Connection, at: datetime
) -> None:
    hear(stock, part(1, 2, at + SECOND))
    hear(stock, level(8, at + SECOND))
    hear(stock, till_sale(1, 2, at + 2 * SECOND, source="web", shipped=True))
    hear(stock, part(1, 2, at + 3 * SECOND, status="closed"))
    assert numbers(stock) == (8, 0, 0)


def test_an_order_that_moves_to_another_store_moves_what_is_set_aside(
    stock: Connection, at: datetime
) -> None:
    hear(stock, part(1, 2, at + SECOND))
    hear(stock, level(8, at + SECOND))
    hear(stock, part(1, 2, at + 2 * SECOND, location=OLD_TOWN))
    hear(stock, level(10, at + 2 * SECOND))
    hear(stock, level(8, at + 2 * SECOND, location=OLD_TOWN))
    assert numbers(stock) == (10, 0, 0)
    assert numbers(stock, OLD_TOWN) == (8, 2, 0)


def test_an_edited_order_sets_aside_what_it_asks_for_now(stock: Connection, at: datetime) -> None:
    hear(stock, part(1, 3, at + SECOND))
    hear(stock, level(7, at + SECOND))
    hear(stock, part(1, 1, at + 2 * SECOND))
    hear(stock, level(9, at + 2 * SECOND))
    assert numbers(stock) == (9, 1, 0)


def test_what_was_ordered_before_we_came_is_in_the_first_number(
    stock: Connection, at: datetime
) -> None:
    hear(stock, part(1, 2, at - SECOND))
    assert numbers(stock) == (10, 0, 0)
    assert kinds(stock) == ["opening"]


def test_a_late_sale_of_an_offline_till_is_written_at_its_own_time_and_says_what_is_short(
    stock: Connection, at: datetime
) -> None:
    hear(stock, level(1, at + SECOND))
    told = at + timedelta(hours=2)
    hear(stock, till_sale(1, 3, told, sold_at=at + timedelta(hours=1)))
    hear(stock, level(-2, told))
    assert numbers(stock) == (-2, 0, -9)
    sold = [m for m in ledger.movements(stock, SHOP, GYOKURO, HARBOUR) if m.kind is Kind.SOLD]
    assert [(one.available, one.happened_at, one.at) for one in sold] == [
        (-3, at + timedelta(hours=1), told)
    ]
    names = [row.name for row in stock.execute(tasks.select().where(tasks.c.kind == "event"))]
    assert names == ["StockChanged", "StockChanged", "StockShort"]


def test_units_sold_are_counted_for_how_far_the_number_is_trusted(
    stock: Connection, at: datetime
) -> None:
    hear(stock, part(1, 2, at + SECOND))
    hear(stock, till_sale(2, 3, at + SECOND))
    hear(stock, level(5, at + SECOND))
    assert known(stock).sold_since == 5


def test_a_till_that_ships_has_handed_nothing_over(stock: Connection, at: datetime) -> None:
    hear(stock, till_sale(1, 2, at + SECOND, shipped=True))
    hear(stock, till_sale(2, 2, at + SECOND, location_id=None))
    assert numbers(stock) == (10, 0, 0)
