"""A cart goes on elsewhere: by a link that is good once, for minutes, and by its owner's leave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from handcart.carts import handing_over
from handcart.carts.handing_over import Claimed, Made
from handcart.carts.handoffs import handoffs
from handcart.carts.sighting import Sighting, split_token
from handcart.errors import Denied, NotFound, RuleBroken

from .simulation import SHOP, SimBrowser, SimWorld

TEA, MUG, POT = 101, 102, 103
MIRA, OTTO = 7, 8


@pytest.fixture
def phone(world: SimWorld) -> SimBrowser:
    """A guest's, with two teas."""
    phone = SimBrowser(world, "phone")
    phone.cart.put_in(TEA, 2)
    phone.sync()
    return phone


@pytest.fixture
def laptop(world: SimWorld) -> SimBrowser:
    return SimBrowser(world, "laptop")


def seen_by(browser: SimBrowser) -> Sighting:
    token, digest = split_token(browser.cart.read()["token"])
    return Sighting(token, digest, ())


def device(browser: SimBrowser) -> str | None:
    return browser.script.storage.get("device")


def offer(browser: SimBrowser) -> Made:
    world = browser.world
    with world.engine.begin() as work:
        return handing_over.offer(
            work, SHOP, seen_by(browser), device_id=device(browser), at=world.at
        )


def claim(browser: SimBrowser, made: Made) -> Claimed:
    """What the other device does: report, open the link, and report again."""
    world = browser.world
    browser.sync()
    with world.engine.begin() as work:
        claimed = handing_over.claim(
            work,
            SHOP,
            made.secret,
            seen_by(browser),
            device_id=device(browser),
            customer_id=browser.customer_id,
            at=world.at,
        )
    if claimed.device_id:
        browser.script.storage["device"] = claimed.device_id
    browser.sync()
    return claimed


def decide(browser: SimBrowser, made: Made, *, give: bool) -> str:
    world = browser.world
    with world.engine.begin() as work:
        return handing_over.decide(
            work,
            SHOP,
            made.handoff.handoff_id,
            seen_by(browser),
            give=give,
            device_id=device(browser),
            at=world.at,
        ).state


def sign_in(browser: SimBrowser, customer: int = MIRA) -> None:
    browser.customer_id = customer
    browser.sync()


def test_a_guest_goes_on_with_the_same_lines_on_the_other_device(
    phone: SimBrowser, laptop: SimBrowser
) -> None:
    laptop.cart.put_in(MUG, 1)
    assert claim(laptop, offer(phone)).state == "given"
    assert (laptop.cart.quantity(TEA), laptop.cart.quantity(MUG)) == (2, 1)
    phone.sync()
    assert (phone.cart.quantity(TEA), phone.cart.quantity(MUG)) == (2, 0)


@pytest.mark.parametrize("first", ["phone", "laptop"])
def test_nothing_doubles_when_both_sign_in_later(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser, first: str
) -> None:
    claim(laptop, offer(phone))
    laptop.cart.put_in(TEA, 1)
    laptop.sync()
    for browser in (phone, laptop) if first == "phone" else (laptop, phone):
        sign_in(browser)
    phone.sync()
    laptop.sync()
    assert world.customer_cart(MIRA) == {TEA: 3}
    assert phone.cart.quantities() == laptop.cart.quantities()


def test_a_second_link_of_the_same_cart_doubles_nothing(
    phone: SimBrowser, laptop: SimBrowser
) -> None:
    claim(laptop, offer(phone))
    claim(laptop, offer(phone))
    assert laptop.cart.quantity(TEA) == 2


def test_a_customers_cart_is_given_only_after_its_owner_said_so(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    sign_in(phone)
    made = offer(phone)
    claimed = claim(laptop, made)
    assert (claimed.state, claimed.check) == ("asked", made.handoff.check)
    assert laptop.cart.lines == []
    assert decide(phone, made, give=True) == "confirmed"
    assert claim(laptop, made).state == "given"
    assert claim(laptop, made).state == "given"
    assert laptop.cart.quantity(TEA) == 2
    sign_in(laptop)
    assert world.customer_cart(MIRA) == {TEA: 2}


def test_what_its_owner_refuses_is_never_given(phone: SimBrowser, laptop: SimBrowser) -> None:
    sign_in(phone)
    made = offer(phone)
    claim(laptop, made)
    assert decide(phone, made, give=False) == "refused"
    assert decide(phone, made, give=True) == "refused"
    assert claim(laptop, made).state == "refused"
    assert laptop.cart.lines == []


def test_a_link_is_good_for_one_browser_only(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    made = offer(phone)
    claim(laptop, made)
    with pytest.raises(RuleBroken) as refused:
        claim(SimBrowser(world, "thief"), made)
    assert refused.value.code == "handoff_used"


def test_a_link_is_good_for_ten_minutes(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    made = offer(phone)
    world.wait(timedelta(minutes=11).total_seconds())
    with pytest.raises(NotFound) as over:
        claim(laptop, made)
    assert over.value.code == "handoff_unknown"


def test_only_the_browser_that_made_the_link_decides(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    sign_in(phone)
    made = offer(phone)
    laptop.cart.put_in(MUG, 1)
    claim(laptop, made)
    with pytest.raises(NotFound):
        decide(laptop, made, give=True)
    thief = SimBrowser(world, "thief")
    thief.cart.token = phone.cart.token
    with pytest.raises(Denied), world.engine.begin() as work:
        handing_over.decide(
            work,
            SHOP,
            made.handoff.handoff_id,
            Sighting(phone.cart.token, "", ()),
            give=True,
            device_id=None,
            at=world.at,
        )


def test_ones_own_second_device_needs_no_copy(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    sign_in(phone)
    sign_in(laptop)
    assert claim(laptop, offer(phone)).state == "same"
    assert world.customer_cart(MIRA) == {TEA: 2}


def test_a_friend_who_is_signed_in_gets_the_lines_into_their_own_cart(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    sign_in(laptop, OTTO)
    laptop.cart.put_in(MUG, 1)
    claim(laptop, offer(phone))
    assert world.customer_cart(OTTO) == {MUG: 1, TEA: 2}
    phone.sync()
    assert phone.cart.quantity(TEA) == 2


def test_an_empty_cart_is_not_handed_over(world: SimWorld, laptop: SimBrowser) -> None:
    with pytest.raises(RuleBroken) as refused:
        offer(laptop)
    assert refused.value.code == "cart_empty"


def test_the_secret_is_long_and_kept_nowhere(world: SimWorld, phone: SimBrowser) -> None:
    made = offer(phone)
    assert len(made.secret) >= 27  # 160 bits, six a letter
    with world.engine.begin() as view:
        row = view.execute(select(handoffs)).mappings().one()
    assert made.secret not in str(dict(row))


def test_staff_see_the_cart_that_a_shopper_shows_and_nobody_else_does(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    made = offer(phone)
    for _ in range(2):
        with world.engine.begin() as work:
            cart = handing_over.shown_to_staff(
                work, SHOP, made.secret, staff="staff:1", at=world.at
            )
        assert [line.quantity for line in cart.cart.shown()] == [2]
    with pytest.raises(RuleBroken), world.engine.begin() as work:
        handing_over.shown_to_staff(work, SHOP, made.secret, staff="staff:2", at=world.at)
    with pytest.raises(RuleBroken):
        claim(laptop, made)
    world.wait(timedelta(minutes=71).total_seconds())
    with pytest.raises(NotFound), world.engine.begin() as work:
        handing_over.shown_to_staff(work, SHOP, made.secret, staff="staff:1", at=world.at)


def test_a_link_of_another_shop_opens_nothing(world: SimWorld, phone: SimBrowser) -> None:
    made = offer(phone)
    with pytest.raises(NotFound), world.engine.begin() as work:
        handing_over.shown_to_staff(
            work, "other.myshopify.com", made.secret, staff="staff:1", at=world.at
        )
