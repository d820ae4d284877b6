from __future__ import annotations

from datetime import date, timedelta

import pytest

from handcart.carts.overview import Figures, overview

from .simulation import SHOP, START, SimBrowser, SimWorld

TEA, MUG = 101, 102
DAY = 24 * 3600


def buy(world: SimWorld, browser: SimBrowser, order_id: int) -> None:
    token, bought = browser.cart.token, browser.cart.snapshot()
    browser.fresh_cart()
    world.order(token, order_id, bought)
    browser.sync()


def days(world: SimWorld) -> dict[int, Figures]:
    """The days on which something was, by their distance from the first."""
    with world.engine.begin() as view:
        found = overview(view, SHOP, today=world.at.date())
    assert len(found.days) == 14
    assert found.days[-1][0] == world.at.date()
    return {
        (day - START.date()).days: figures for day, figures in found.days if figures != Figures()
    }


def total(world: SimWorld, today: date | None = None) -> Figures:
    with world.engine.begin() as view:
        return overview(view, SHOP, today=today or world.at.date()).total


def test_a_cart_is_active_once_on_each_day_it_was_changed(world: SimWorld) -> None:
    phone = SimBrowser(world, "phone", customer_id=7)
    for _ in range(2):
        phone.cart.put_in(TEA, 1)
        phone.sync()
        phone.cart.put_in(MUG, 1)
        phone.sync()
        world.wait(DAY)
    phone.sync()
    assert days(world) == {0: Figures(active=1), 1: Figures(active=1)}
    assert total(world) == Figures(active=1)


def test_a_cart_has_crossed_from_the_day_on_that_a_second_device_changed_it(
    world: SimWorld,
) -> None:
    phone = SimBrowser(world, "phone", customer_id=7)
    laptop = SimBrowser(world, "laptop", customer_id=7)
    phone.cart.put_in(TEA, 1)
    phone.sync()
    world.wait(DAY)
    laptop.sync()
    assert days(world) == {0: Figures(active=1)}, "looking at it changes nothing"
    laptop.cart.put_in(MUG, 1)
    laptop.sync()
    world.wait(DAY)
    phone.sync()
    phone.cart.put_in(TEA, 1)
    phone.sync()
    crossed = Figures(active=1, crossed=1)
    assert days(world) == {0: Figures(active=1), 1: crossed, 2: crossed}
    assert total(world) == crossed


def test_a_guests_cart_that_went_into_a_shoppers_is_adopted_once(world: SimWorld) -> None:
    guest = SimBrowser(world, "guest")
    guest.cart.put_in(TEA, 1)
    guest.sync()
    guest.customer_id = 7
    guest.sync()
    guest.sync()
    assert total(world).adopted == 1
    guest.sync({"do": "undo", "about": "0" * 32})
    assert total(world).adopted == 1


@pytest.mark.parametrize(("pause", "recovered"), [(DAY - 60, 0), (DAY, 1), (400 * DAY, 1)])
def test_an_order_is_recovered_if_its_cart_was_left_alone_for_a_day(
    world: SimWorld, pause: int, recovered: int
) -> None:
    phone = SimBrowser(world, "phone", customer_id=7)
    phone.cart.put_in(TEA, 1)
    phone.sync()
    world.wait(pause)
    buy(world, phone, 900)
    assert total(world).recovered == recovered


def test_coming_back_and_adding_more_is_recovered_too_and_the_next_order_is_not(
    world: SimWorld,
) -> None:
    phone = SimBrowser(world, "phone", customer_id=7)
    phone.cart.put_in(TEA, 1)
    phone.sync()
    world.wait(2 * DAY)
    phone.cart.put_in(MUG, 1)
    phone.sync()
    buy(world, phone, 900)
    world.wait(3 * DAY)
    phone.cart.put_in(TEA, 1)
    phone.sync()
    buy(world, phone, 901)
    assert {day: one.recovered for day, one in days(world).items() if one.recovered} == {2: 1}


def test_what_is_older_than_a_fortnight_and_of_other_shops_is_not_counted(world: SimWorld) -> None:
    phone = SimBrowser(world, "phone", customer_id=7)
    phone.cart.put_in(TEA, 1)
    phone.sync()
    assert total(world, START.date() + timedelta(days=13)) == Figures(active=1)
    assert total(world, START.date() + timedelta(days=14)) == Figures()
    with world.engine.begin() as view:
        assert overview(view, "other.myshopify.com", today=START.date()).total == Figures()
