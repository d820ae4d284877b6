"""A cart that comes back after a long time, or on another device, says what is not as it was."""

from __future__ import annotations

from datetime import timedelta

from .simulation import SimBrowser, SimWorld

TEA, MUG = 101, 102
MIRA = 7


def told(browser: SimBrowser) -> list[tuple[int, int, int, str]]:
    return [
        (one["variant_id"], one["before"], one["now"], one["currency"])
        for one in browser.script.prices
    ]


def filled(world: SimWorld, phone: SimBrowser) -> None:
    world.prices = {(TEA, "EUR"): 990, (MUG, "EUR"): 1200}
    phone.cart.put_in(TEA, 2)
    phone.cart.put_in(MUG, 1)
    phone.sync()
    assert told(phone) == []


def test_after_400_days_the_lines_are_there_and_the_new_prices_are_told_once(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    filled(world, phone)
    world.wait(timedelta(days=400).total_seconds())
    world.prices = {(TEA, "EUR"): 1090, (MUG, "EUR"): 1100}
    laptop.sync()
    assert (laptop.cart.quantity(TEA), laptop.cart.quantity(MUG)) == (2, 1)
    assert sorted(told(laptop)) == [(TEA, 990, 1090, "EUR"), (MUG, 1200, 1100, "EUR")]
    for browser in (laptop, phone, laptop):
        browser.sync()
        assert told(browser) == []


def test_a_price_in_another_currency_is_no_change_of_price(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    filled(world, phone)
    world.prices[TEA, "JPY"] = 160_000
    laptop.cart.currency = "JPY"
    laptop.sync()
    assert laptop.cart.quantity(TEA) == 2
    assert told(laptop) == []
    world.prices[TEA, "JPY"] = 170_000
    phone.sync()
    assert told(phone) == []
    laptop.sync()
    assert told(laptop) == [(TEA, 160_000, 170_000, "JPY")]


def test_goods_that_the_shop_sells_no_more_stay_in_the_cart_and_are_named_as_gone(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    filled(world, phone)
    world.gone = {TEA}
    assert laptop.sync()
    assert (laptop.cart.quantity(TEA), laptop.cart.quantity(MUG)) == (0, 1)
    laptop.sync()
    assert [(one["variant_id"], one["quantity"], one["gone"]) for one in short(laptop)] == [
        (TEA, 2, True)
    ]
    assert world.customer_cart(MIRA) == {TEA: 2, MUG: 1}
    world.gone = set()
    world.wait(timedelta(hours=2).total_seconds())
    laptop.sync()
    assert laptop.cart.quantity(TEA) == 2
    assert short(laptop) == []


def test_what_is_only_short_is_not_called_gone(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    filled(world, phone)
    world.checks_updates = True
    world.stock = {TEA: 1}
    laptop.sync()
    laptop.sync()
    assert [(one["variant_id"], one["gone"]) for one in short(laptop)] == [(TEA, False)]
    assert laptop.cart.quantity(TEA) == 1


def short(browser: SimBrowser) -> list[dict[str, object]]:
    return list(browser.script.answer["short"])


def test_a_line_that_was_taken_out_comes_back_at_its_price_without_a_word(
    world: SimWorld, phone: SimBrowser
) -> None:
    filled(world, phone)
    phone.cart.put_to(TEA, 0)
    phone.sync()
    world.prices[TEA, "EUR"] = 2000
    phone.cart.put_in(TEA, 1)
    phone.sync()
    assert told(phone) == []
