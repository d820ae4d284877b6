"""Very many buyers at the same moment, each on a thread and a transaction of its own.

``HANDCART_STOCK_ROUNDS`` plays each of them so many times (``make soak-stock``: 50).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from handcart.errors import RuleBroken
from handcart.keys import Keyring
from handcart.pickups import checkout, planning, slots
from handcart.pickups.checkout import Basket
from handcart.pickups.rules import StoreRules
from handcart.platform.port import ShopProfile
from handcart.shops import service as shops
from handcart.shops.model import Tokens
from handcart.stock import availability, holds, rules, sales, service
from handcart.stock.rules import StockRules
from handcart.storage import Database
from handcart.testing.queue_battery import at_once

from .shelves import GYOKURO, HARBOUR, OLD_TOWN, SENCHA, SHOP, known, level, part, stocked

ROUNDS = int(os.environ.get("HANDCART_STOCK_ROUNDS", "1"))
BUYERS = 100
VARIANT = 501


@pytest.fixture
def shop(db: Database, keyring: Keyring, at: datetime) -> Database:
    """A store in Sofia with ten orders to each half hour, whose checkouts may hold."""
    with db.writing() as work:
        tokens = Tokens("shpat_of_the_test", "read_orders", expires_at=None)
        shops.install(work, SHOP, tokens=tokens, keyring=keyring, at=at)
        profile = ShopProfile("Juniper Tea", "Europe/Sofia", "EUR", "owner@example.com")
        shops.mirror(work, SHOP, profile, at=at)
        rules.set_rules(work, SHOP, StockRules(hold_minutes=10), by="staff:7", at=at)
        half_hours = StoreRules(prep_minutes=30, slot_minutes=30, slot_capacity=10)
        planning.set_rules(work, SHOP, HARBOUR, half_hours, by="staff:7", at=at)
    return db


def buying(db: Database, got: list[str], act: Callable[..., object], hold_id: str) -> None:
    try:
        with db.writing() as work:
            act(work, SHOP, hold_id)
    except RuleBroken as refusal:
        assert refusal.code in ("stock_short", "slot_full")
    else:
        got.append(hold_id)


def test_a_hundred_buyers_of_the_last_unit_make_one_sale(shop: Database, at: datetime) -> None:
    for turn in range(ROUNDS):
        began = at + timedelta(hours=turn)
        with shop.writing() as work:
            stocked(work, began, {(GYOKURO, HARBOUR): 1})
        got: list[str] = []
        basket = Basket(HARBOUR, [(VARIANT, 1)])
        reserve = partial(checkout.reserve, basket=basket, at=began)
        names = [f"cart:{turn}-{number}" for number in range(BUYERS)]
        at_once([partial(buying, shop, got, reserve, name) for name in names])
        assert len(got) == 1
        [winner] = got
        order_id = turn + 1
        with shop.writing() as work:
            checkout.ordered(work, SHOP, winner, order_id=order_id, at=began)
            sales.routed(work, SHOP, part(order_id, 1, began), at=began)
            service.level_read(work, SHOP, level(0, began + timedelta(seconds=1)), at=began)
            assert known(work).available == 0
            assert holds.units_of(work, SHOP, winner) == {}
        with pytest.raises(RuleBroken), shop.writing() as work:
            reserve(work, SHOP, "cart:late")


def test_two_hundred_buyers_of_a_slot_of_ten_get_slot_and_goods_or_neither(
    shop: Database, at: datetime
) -> None:
    for turn in range(ROUNDS):
        began = at + timedelta(days=turn)
        with shop.writing() as work:
            stocked(work, began, {(GYOKURO, HARBOUR): 150})
            slot = planning.offer(work, SHOP, HARBOUR, at=began).slots[0]
        got: list[str] = []
        basket = Basket(HARBOUR, [(VARIANT, 1)], slot)
        reserve = partial(checkout.reserve, basket=basket, at=began)
        names = [f"cart:{turn}-{number}" for number in range(2 * BUYERS)]
        at_once([partial(buying, shop, got, reserve, name) for name in names])
        assert len(got) == 10
        with shop.reading() as view:
            assert slots.used(view, SHOP, HARBOUR, since=slot, at=began)[slot] == 10
            left = availability.to_promise(view, SHOP, [VARIANT], channel="pickup", at=began)
            assert left[VARIANT][HARBOUR] == 140
            holding = [name for name in names if holds.units_of(view, SHOP, name)]
        assert sorted(holding) == sorted(got)


def test_carts_with_the_same_goods_the_other_way_round_never_wait_for_each_other(
    shop: Database, at: datetime
) -> None:
    with shop.writing() as work:
        stocked(work, at, {(GYOKURO, HARBOUR): 20, (SENCHA, HARBOUR): 20})
    there, back = [(501, 1), (502, 1)], [(502, 1), (501, 1)]
    got: list[str] = []
    at_once(
        [
            partial(
                buying,
                shop,
                got,
                partial(
                    checkout.reserve,
                    basket=Basket(HARBOUR, there if number % 2 else back),
                    at=at,
                ),
                f"cart:{number}",
            )
            for number in range(50)
        ]
    )
    assert len(got) == 20
    with shop.reading() as view:
        left = availability.to_promise(view, SHOP, [501, 502], channel="pickup", at=at)
    assert left == {501: {HARBOUR: 0, OLD_TOWN: 10}, 502: {HARBOUR: 0, OLD_TOWN: 10}}
