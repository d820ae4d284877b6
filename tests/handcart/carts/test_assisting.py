"""Carts at the till: what staff sell, change or pass on."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from handcart.carts import assisting, handing_over, service, token_store
from handcart.carts.assisting import Basket
from handcart.carts.sales import ATTRIBUTE, sale_token
from handcart.carts.sighting import Sighting
from handcart.carts.snapshot import SnapshotLine
from handcart.errors import Denied, NotFound, RuleBroken

from .simulation import SHOP, SimBrowser, SimWorld

TEA, MUG, POT = 101, 102, 103
MIRA = 7


@pytest.fixture
def phone(world: SimWorld) -> SimBrowser:
    phone = SimBrowser(world, "phone", customer_id=MIRA)
    phone.cart.put_in(TEA, 2)
    phone.sync()
    return phone


def taken(world: SimWorld, customer_id: int = MIRA) -> Basket:
    """The customer's cart in a till's basket."""
    with world.engine.begin() as work:
        cart = assisting.cart_of_customer(work, SHOP, customer_id)
        return assisting.fill(work, SHOP, cart, at=world.at)


def paid(world: SimWorld, basket: Basket, *lines: SnapshotLine, order_id: int = 900) -> None:
    token = sale_token({ATTRIBUTE: basket.sale})
    assert token is not None
    world.order(token, order_id, lines)


def put_back(world: SimWorld, basket: Basket, *lines: SnapshotLine) -> None:
    with world.engine.begin() as work:
        assisting.put_back(work, SHOP, basket.sale, lines, by="staff:1", at=world.at)


def offered(phone: SimBrowser) -> dict[int, int]:
    phone.sync()
    return {line.variant_id: line.quantity for line in phone.cart.lines}


def test_what_the_till_sells_leaves_the_cart_on_the_phone(
    world: SimWorld, phone: SimBrowser
) -> None:
    phone.cart.put_in(MUG, 1)
    phone.sync()
    basket = taken(world)
    phone.cart.put_in(TEA, 1)
    phone.sync()
    paid(world, basket, SnapshotLine(TEA, 2))
    assert offered(phone) == {TEA: 1, MUG: 1}


def test_a_sale_that_is_told_twice_takes_away_once(world: SimWorld, phone: SimBrowser) -> None:
    basket = taken(world)
    for _ in range(2):
        paid(world, basket, SnapshotLine(TEA, 1))
    assert offered(phone) == {TEA: 1}


def test_a_basket_that_is_never_paid_changes_nothing(world: SimWorld, phone: SimBrowser) -> None:
    taken(world)
    taken(world)
    assert offered(phone) == {TEA: 2}


def test_goods_sold_without_their_engraving_are_still_the_same_goods(world: SimWorld) -> None:
    phone = SimBrowser(world, "phone", customer_id=MIRA)
    phone.cart.put_in(POT, 1, {"Engraving": "Mira"})
    phone.sync()
    paid(world, taken(world), SnapshotLine(POT, 1))
    assert offered(phone) == {}


def test_what_else_was_bought_at_the_till_takes_nothing_away(
    world: SimWorld, phone: SimBrowser
) -> None:
    basket = taken(world)
    phone.cart.put_in(MUG, 1)
    phone.sync()
    paid(world, basket, SnapshotLine(TEA, 2), SnapshotLine(MUG, 5))
    assert offered(phone) == {MUG: 1}


def test_a_guest_who_signs_in_before_paying_at_the_till_is_not_offered_what_was_sold(
    world: SimWorld, phone: SimBrowser
) -> None:
    """The guest's two are in the account's cart by then, beside two that were there before."""
    guest = SimBrowser(world, "guest")
    guest.cart.put_in(TEA, 2)
    guest.cart.put_in(MUG, 1)
    guest.sync()
    basket = shown(world, guest)
    guest.customer_id = MIRA
    guest.sync()
    assert world.customer_cart(MIRA) == {TEA: 4, MUG: 1}
    paid(world, basket, SnapshotLine(TEA, 2))
    assert offered(phone) == offered(guest) == {TEA: 2, MUG: 1}


def test_changes_at_the_till_after_a_sign_in_change_no_more_than_that(
    world: SimWorld, phone: SimBrowser
) -> None:
    guest = SimBrowser(world, "guest")
    guest.cart.put_in(TEA, 2)
    guest.cart.put_in(MUG, 1)
    guest.sync()
    basket = shown(world, guest)
    guest.customer_id = MIRA
    guest.sync()
    put_back(world, basket, SnapshotLine(TEA, 1), SnapshotLine(POT, 1))
    assert offered(phone) == {TEA: 3, POT: 1}


def shown(world: SimWorld, guest: SimBrowser) -> Basket:
    """The code on the guest's screen, read at the till."""
    with world.engine.begin() as work:
        mine = Sighting(guest.cart.token, "", ())
        device = guest.script.storage["device"]
        made = handing_over.offer(work, SHOP, mine, device_id=device, at=world.at)
        cart = handing_over.shown_to_staff(work, SHOP, made.secret, staff="staff:1", at=world.at)
        return assisting.fill(work, SHOP, cart, at=world.at)


def test_what_staff_changed_is_in_the_shoppers_cart_and_what_the_shopper_did_stays(
    world: SimWorld, phone: SimBrowser
) -> None:
    basket = taken(world)
    phone.cart.put_in(MUG, 1)
    phone.sync()
    put_back(world, basket, SnapshotLine(TEA, 1), SnapshotLine(POT, 1))
    assert offered(phone) == {TEA: 1, MUG: 1, POT: 1}
    put_back(world, basket, SnapshotLine(TEA, 1), SnapshotLine(POT, 1))
    assert offered(phone) == {TEA: 1, MUG: 1, POT: 1}
    paid(world, basket, SnapshotLine(TEA, 1), SnapshotLine(POT, 1))
    assert offered(phone) == {MUG: 1}


def test_nothing_goes_back_from_a_sale_that_was_paid_or_never_begun(
    world: SimWorld, phone: SimBrowser
) -> None:
    basket = taken(world)
    paid(world, basket, SnapshotLine(TEA, 2))
    with pytest.raises(RuleBroken, match="paid"):
        put_back(world, basket, SnapshotLine(TEA, 2))
    with pytest.raises(NotFound):
        put_back(world, Basket("0" * 32, basket.cart), SnapshotLine(TEA, 2))
    assert offered(phone) == {}


def test_an_unfinished_sale_becomes_a_cart_on_the_phone_that_opens_the_link_once(
    world: SimWorld,
) -> None:
    phone, thief = SimBrowser(world, "phone"), SimBrowser(world, "thief")
    phone.cart.put_in(MUG, 1)
    phone.sync()
    begun = [SnapshotLine(TEA, 2), SnapshotLine(POT, 1, {"Engraving": "Mira"})]
    with world.engine.begin() as work:
        made = assisting.pass_on(work, SHOP, begun, goods={}, by="staff:1", at=world.at)
    assert claim(world, phone, made.secret) == "given"
    assert claim(world, phone, made.secret) == "given"
    assert offered(phone) == {MUG: 1, TEA: 2, POT: 1}
    with pytest.raises(RuleBroken):
        claim(world, thief, made.secret)
    assert offered(thief) == {}


def test_a_link_from_the_till_is_over_after_half_an_hour(world: SimWorld) -> None:
    with world.engine.begin() as work:
        line = [SnapshotLine(TEA, 1)]
        made = assisting.pass_on(work, SHOP, line, goods={}, by="staff:1", at=world.at)
    world.wait(30 * 60)
    with pytest.raises(NotFound):
        claim(world, SimBrowser(world, "phone"), made.secret)


def claim(world: SimWorld, browser: SimBrowser, secret: str) -> str:
    with world.engine.begin() as work:
        return handing_over.claim(
            work,
            SHOP,
            secret,
            Sighting(browser.cart.token, "", ()),
            device_id=browser.script.storage.get("device"),
            customer_id=browser.customer_id,
            at=world.at,
        ).state


def test_an_empty_cart_is_neither_taken_nor_passed_on(world: SimWorld, phone: SimBrowser) -> None:
    with pytest.raises(NotFound):
        taken(world, customer_id=8)
    phone.sync({"do": "later", "about": next(iter(phone.cart.quantities()))})
    with pytest.raises(RuleBroken):
        taken(world)
    with world.engine.begin() as work, pytest.raises(RuleBroken):
        assisting.pass_on(work, SHOP, [], goods={}, by="staff:1", at=world.at)


def test_no_browser_opens_the_cart_by_the_name_of_a_sale(
    world: SimWorld, phone: SimBrowser
) -> None:
    token = f"till:{taken(world).sale}"
    for digest in ("", "0" * 64):
        with world.engine.begin() as work, pytest.raises(Denied):
            report(work, Sighting(token, digest, ()), at=world.at)


def report(work: Connection, sighting: Sighting, *, at: datetime) -> None:
    service.sync(work, SHOP, sighting, device_id=None, customer_id=None, at=at)


@pytest.mark.parametrize("sale", ["", "abc", "0" * 31, "0" * 33, "0" * 31 + "G", "0" * 32 + "\n"])
def test_an_attribute_that_names_no_sale_is_nobodys_token(sale: str) -> None:
    assert sale_token({ATTRIBUTE: sale}) is None
    assert sale_token({}) is None


def test_a_webhook_of_that_name_changes_nothing(world: SimWorld, phone: SimBrowser) -> None:
    basket = taken(world)
    world.deliver((f"till:{basket.sale}", (SnapshotLine(TEA, 9),), world.platform_now()))
    assert offered(phone) == {TEA: 2}


def test_what_is_forgotten_of_a_customer_is_forgotten_of_their_sales(
    world: SimWorld, phone: SimBrowser
) -> None:
    basket = taken(world)
    with world.engine.begin() as work:
        service.forget_customer(work, SHOP, MIRA, at=world.at)
    with world.engine.begin() as view:
        assert token_store.find_token(view, SHOP, f"till:{basket.sale}") is None


@given(
    held=st.integers(1, 5),
    sold=st.integers(0, 6),
    meanwhile=st.integers(-5, 5),
)
def test_a_sale_takes_away_what_it_was_filled_with_and_nothing_that_came_meanwhile(
    held: int, sold: int, meanwhile: int
) -> None:
    world = SimWorld()
    try:
        phone = SimBrowser(world, "phone", customer_id=MIRA)
        phone.cart.put_in(TEA, held)
        phone.sync()
        basket = taken(world)
        if meanwhile > 0:
            phone.cart.put_in(TEA, meanwhile)
        elif meanwhile < 0:
            phone.cart.put_to(TEA, max(0, held + meanwhile))
        phone.sync()
        if sold:
            paid(world, basket, SnapshotLine(TEA, sold))
        if meanwhile > 0 or not sold:
            left = held + meanwhile if not sold else max(0, held - sold) + max(0, meanwhile)
            assert offered(phone).get(TEA, 0) == max(0, left)
        else:
            # Who sets a number while the till sells means that number, not less than none.
            assert 0 <= offered(phone).get(TEA, 0) <= max(held + meanwhile, held - sold, 0)
    finally:
        world.close()
