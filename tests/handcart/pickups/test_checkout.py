"""Goods, slot and order: all of it or none, whichever news comes first."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from handcart.errors import NotFound, RuleBroken
from handcart.keys import Keyring
from handcart.pickups import OrderSeen, Pickup, checkout, planning, service, slots, store
from handcart.pickups.checkout import Basket
from handcart.pickups.rules import ProductPrep, StoreRules
from handcart.platform.port import (
    FulfillmentLine,
    FulfillmentOrder,
    ShopProfile,
    StockLevel,
    StoreLocation,
)
from handcart.shops import service as shops
from handcart.shops.model import Tokens
from handcart.stock import holds, rules
from handcart.stock import service as stock
from handcart.stock.rules import StockRules
from handcart.storage import Database

SHOP = "juniper-tea.myshopify.com"
STORE, OTHER = 31, 32
CART = "cart:c1"


@pytest.fixture
def opened(db: Database, keyring: Keyring, at: datetime) -> Database:
    """A store in Sofia with one order to each half hour and five of a tea. It is 11:00 there."""
    with db.writing() as work:
        tokens = Tokens("shpat_of_the_test", "read_orders", expires_at=None)
        shops.install(work, SHOP, tokens=tokens, keyring=keyring, at=at)
        shops.mirror(
            work, SHOP, ShopProfile("Tea", "Europe/Sofia", "EUR", "owner@example.com"), at=at
        )
        places = [
            StoreLocation(one, f"Store {one}", "", "", True, True, "Mo-Fr 09:00-19:00")
            for one in (STORE, OTHER)
        ]
        levels = [StockLevel(701, 501, one, 5, at) for one in (STORE, OTHER)]
        stock.mirror(work, SHOP, locations=places, levels=levels, at=at)
        rules.set_rules(work, SHOP, StockRules(hold_minutes=10), by="staff:7", at=at)
        one_each = StoreRules(prep_minutes=30, slot_minutes=30, slot_capacity=1)
        for place in (STORE, OTHER):
            planning.set_rules(work, SHOP, place, one_each, by="staff:7", at=at)
    return db


def later(work: Connection, at: datetime) -> datetime:
    """The third slot: not the one that an order gets by itself."""
    return planning.offer(work, SHOP, STORE, at=at).slots[2]


def routed(work: Connection, at: datetime, *, location_id: int = STORE) -> Pickup:
    line = FulfillmentLine(71, 501, "Gyokuro", "", 2, total=2)
    order = FulfillmentOrder(
        fulfillment_order_id=9001,
        order_id=1001,
        order_name="#1001",
        method="pick_up",
        status="open",
        location_id=location_id,
        customer_name="Mina",
        customer_id=None,
        covers_order=True,
        updated_at=at,
        lines=(line,),
    )
    pickup = service.request_pickup(work, SHOP, order, at=at)
    assert pickup
    return store.get(work, SHOP, pickup.pickup_id)


def used(work: Connection, at: datetime, place: int = STORE) -> list[datetime]:
    return sorted(slots.used(work, SHOP, place, since=at, at=at))


@pytest.mark.parametrize("order_first", [True, False])
def test_an_order_has_the_goods_and_the_slot_that_its_checkout_held(
    opened: Database, at: datetime, order_first: bool
) -> None:
    with opened.writing() as work:
        slot = later(work, at)
        checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 2)], slot), at=at)
        if not order_first:
            routed(work, at)
        checkout.orders_seen(work, [(SHOP, "c1", 1001), (SHOP, "unknown", 1002)], at=at)
        if order_first:
            routed(work, at)
        assert store.get(work, SHOP, "9001").promised_at == slot
        assert used(work, at) == [slot]
        assert slots.booking_of(work, SHOP, slots.of_pickup("9001")) is not None
        assert slots.booking_of(work, SHOP, "order:1001") is None
        assert holds.units_of(work, SHOP, CART) == {(701, STORE): 2}
        checkout.orders_seen(work, [(SHOP, "c1", 1001)], at=at)
        assert used(work, at) == [slot]


def test_a_slot_that_is_full_leaves_the_goods_to_others(opened: Database, at: datetime) -> None:
    with opened.writing() as work:
        slot = later(work, at)
        checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 1)], slot), at=at)
    with pytest.raises(RuleBroken) as full, opened.writing() as work:
        checkout.reserve(work, SHOP, "cart:c2", Basket(STORE, [(501, 1)], slot), at=at)
    assert full.value.code == "slot_full"
    with opened.reading() as view:
        assert holds.units_of(view, SHOP, "cart:c2") == {}


def test_goods_that_are_short_leave_the_slot_to_others(opened: Database, at: datetime) -> None:
    with opened.writing() as work:
        slot = later(work, at)
    with pytest.raises(RuleBroken) as short, opened.writing() as work:
        checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 3), (501, 3)], slot), at=at)
    assert short.value.code == "stock_short"
    with opened.reading() as view:
        assert used(view, at) == []


def test_a_slot_that_nobody_offers_is_refused(opened: Database, at: datetime) -> None:
    with pytest.raises(NotFound) as unknown, opened.writing() as work:
        odd = later(work, at) + timedelta(minutes=7)
        checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 1)], odd), at=at)
    assert unknown.value.code == "slot_unknown"


def test_going_back_frees_both_once(opened: Database, at: datetime) -> None:
    with opened.writing() as work:
        slot = later(work, at)
        checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 2)], slot), at=at)
        assert checkout.release(work, SHOP, CART, at=at)
        assert not checkout.release(work, SHOP, CART, at=at)
        assert used(work, at) == []
        checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 2)], slot), at=at)
        checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 2)]), at=at)
        assert used(work, at) == []


def test_an_order_that_came_too_late_gets_what_any_order_gets(
    opened: Database, at: datetime
) -> None:
    late = at + timedelta(minutes=11)
    with opened.writing() as work:
        slot = later(work, at)
        checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 2)], slot), at=at)
        checkout.orders_seen(work, [(SHOP, "c1", 1001)], at=late)
        earliest = planning.offer(work, SHOP, STORE, at=late).slots[0]
        assert routed(work, late).promised_at == earliest != slot


def test_an_order_that_went_to_another_store_does_not_take_the_slot_of_this_one(
    opened: Database, at: datetime
) -> None:
    with opened.writing() as work:
        slot = later(work, at)
        checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 2)], slot), at=at)
        checkout.orders_seen(work, [(SHOP, "c1", 1001)], at=at)
        pickup = routed(work, at, location_id=OTHER)
        assert pickup.promised_at != slot
        assert used(work, at, OTHER) == [pickup.promised_at]
        assert used(work, at + timedelta(hours=1)) == []


def test_a_shop_that_wants_no_holds_keeps_nothing(opened: Database, at: datetime) -> None:
    with opened.writing() as work:
        rules.drop_rules(work, SHOP)
    with pytest.raises(RuleBroken) as off, opened.writing() as work:
        checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 1)]), at=at)
    assert off.value.code == "holds_off"


def test_a_slot_is_kept_for_ten_minutes_by_a_shop_that_never_said_for_how_long(
    opened: Database, at: datetime
) -> None:
    with opened.writing() as work:
        rules.set_rules(work, SHOP, StockRules(), by="staff:7", at=at)
        slot = later(work, at)
        until = checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 2)], slot), at=at)
        assert until == at + timedelta(minutes=10)
        assert holds.units_of(work, SHOP, CART) == {(701, STORE): 2}
        with pytest.raises(RuleBroken) as off:
            checkout.reserve(work, SHOP, "cart:c2", Basket(STORE, [(501, 1)]), at=at)
        assert off.value.code == "holds_off"


def test_a_cart_that_grows_takes_more_of_its_slot_or_is_told_that_it_is_full(
    opened: Database, at: datetime
) -> None:
    with opened.writing() as work:
        items = StoreRules(slot_minutes=30, slot_capacity=5, capacity_in="items")
        planning.set_rules(work, SHOP, STORE, items, by="staff:7", at=at)
        slot = later(work, at)
        for units in (2, 4, 3):
            checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, units)], slot), at=at)
            assert slots.used(work, SHOP, STORE, since=at, at=at) == {slot: units}
        checkout.reserve(work, SHOP, "cart:c2", Basket(STORE, [(501, 2)], slot), at=at)
    with pytest.raises(RuleBroken) as full, opened.writing() as work:
        planning.hold(
            work,
            SHOP,
            slots.Slot(STORE, slot),
            hold_id=CART,
            units=4,
            variants=(501,),
            at=at,
            until=at + timedelta(minutes=10),
        )
    assert full.value.code == "slot_full"
    with opened.reading() as view:
        assert slots.used(view, SHOP, STORE, since=at, at=at) == {slot: 5}


def test_minutes_of_a_slot_are_those_of_what_is_in_the_cart(opened: Database, at: datetime) -> None:
    basket = ProductPrep(9, "Gift basket", (501,), 50)
    with opened.writing() as work:
        minutes = StoreRules(
            prep_minutes=10,
            product_prep=(basket,),
            slot_minutes=30,
            slot_capacity=60,
            capacity_in="minutes",
        )
        planning.set_rules(work, SHOP, STORE, minutes, by="staff:7", at=at)
        slot = later(work, at)
        checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 1)], slot), at=at)
        assert slots.used(work, SHOP, STORE, since=at, at=at) == {slot: 50}


def test_a_timer_frees_goods_and_slot_of_an_abandoned_checkout_once(
    opened: Database, at: datetime
) -> None:
    with opened.writing() as work:
        slot = later(work, at)
        until = checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 2)], slot), at=at)
        assert not checkout.ran_out(work, SHOP, CART, at=until - timedelta(seconds=1))
        assert used(work, at) == [slot]
        assert checkout.ran_out(work, SHOP, CART, at=until)
        assert slots.booking_of(work, SHOP, CART) is None
        assert holds.units_of(work, SHOP, CART) == {}
        assert not checkout.ran_out(work, SHOP, CART, at=until)
        checkout.reserve(work, SHOP, "cart:c2", Basket(STORE, [(501, 2)], slot), at=until)


def seen(at: datetime, *, cancelled_at: datetime | None) -> OrderSeen:
    return OrderSeen(1001, "#1001", "t", None, "Mina", at, cancelled_at, fulfilled=False)


@pytest.mark.parametrize("order_first", [True, False])
def test_an_order_that_is_cancelled_before_it_is_routed_frees_its_slot(
    opened: Database, at: datetime, order_first: bool
) -> None:
    with opened.writing() as work:
        slot = later(work, at)
        checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 2)], slot), at=at)
        if order_first:
            checkout.orders_seen(work, [(SHOP, "c1", 1001)], at=at)
            assert used(work, at) == [slot]
        service.order_seen(work, SHOP, order=seen(at, cancelled_at=at), at=at)
        checkout.orders_seen(work, [(SHOP, "c1", 1001)], at=at)
        assert used(work, at) == []


def test_a_cancelled_pickup_frees_the_slot_that_its_checkout_had(
    opened: Database, at: datetime
) -> None:
    with opened.writing() as work:
        slot = later(work, at)
        checkout.reserve(work, SHOP, CART, Basket(STORE, [(501, 2)], slot), at=at)
        checkout.orders_seen(work, [(SHOP, "c1", 1001)], at=at)
        pickup = routed(work, at)
        assert used(work, at) == [slot]
        service.cancel(work, SHOP, pickup.pickup_id, reason="changed_mind", by="shopper", at=at)
        assert used(work, at) == []
