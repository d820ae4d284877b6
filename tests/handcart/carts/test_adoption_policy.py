"""The app may decide what happens when a guest signs in and both carts hold something."""

from __future__ import annotations

from typing import Any

import pytest

from handcart import Handcart, Meeting, Settings
from handcart.carts.policy import Policy, Rule
from handcart.errors import WiringError
from tests.handcart.carts.simulation import SimBrowser, SimWorld, key_of

TEA, MUG, POT = 101, 102, 103
MIRA, OTTO = 7, 8


@pytest.fixture
def phone(world: SimWorld) -> SimBrowser:
    """Mira's, with two teas and a mug."""
    phone = SimBrowser(world, "phone", customer_id=MIRA)
    phone.cart.put_in(TEA, 2)
    phone.cart.put_in(MUG, 1)
    phone.sync()
    return phone


def signs_in(world: SimWorld, policy: Policy) -> SimBrowser:
    """A laptop on which Mira had put in three teas and a pot as a guest."""
    laptop = SimBrowser(world, "laptop")
    laptop.cart.put_in(TEA, 3)
    laptop.cart.put_in(POT, 1)
    laptop.sync()
    world.policy = policy
    laptop.customer_id = MIRA
    laptop.sync()
    return laptop


def saved(browser: SimBrowser) -> dict[int, int]:
    return {line["variant_id"]: line["quantity"] for line in browser.script.answer["saved"]}


@pytest.mark.parametrize(
    ("rule", "cart", "listed"),
    [
        ("usual", {TEA: 5, MUG: 1, POT: 1}, {}),
        ("sum", {TEA: 5, MUG: 1, POT: 1}, {}),
        ("larger", {TEA: 3, MUG: 1, POT: 1}, {}),
        ("mine", {TEA: 2, MUG: 1}, {TEA: 3, POT: 1}),
        ("ask", {TEA: 2, MUG: 1}, {TEA: 3, POT: 1}),
    ],
)
def test_each_rule_does_what_it_says_on_every_device_and_loses_nothing(
    rule: Rule, cart: dict[int, int], listed: dict[int, int], world: SimWorld, phone: SimBrowser
) -> None:
    laptop = signs_in(world, lambda _: rule)
    phone.sync()
    for browser in (laptop, phone):
        shown = {line.variant_id: line.quantity for line in browser.cart.lines}
        assert (shown, saved(browser)) == (cart, listed)
    assert world.customer_cart(MIRA) == cart


def test_what_was_asked_is_in_the_cart_after_a_yes_once(world: SimWorld, phone: SimBrowser) -> None:
    laptop = signs_in(world, lambda _: "ask")
    asks = laptop.script.answer["asks"]
    assert {line["variant_id"] for line in asks["lines"]} == {TEA, POT}
    yes = {"do": "adopt", "about": asks["about"]}
    stranger = SimBrowser(world, "stranger", customer_id=OTTO)
    stranger.cart.put_in(MUG, 1)
    stranger.sync(yes)
    assert world.customer_cart(MIRA) == {TEA: 2, MUG: 1}
    for _ in range(2):
        laptop.sync(yes)
    phone.sync()
    assert world.customer_cart(MIRA) == {TEA: 5, MUG: 1, POT: 1}
    assert (saved(phone), phone.script.answer["asks"]) == ({}, None)


def test_who_only_keeps_their_own_is_not_asked(world: SimWorld, phone: SimBrowser) -> None:
    laptop = signs_in(world, lambda _: "mine")
    assert (laptop.script.answer["asks"], laptop.script.answer["undo"]) == (None, None)


def test_what_both_had_together_is_not_set_aside(world: SimWorld, phone: SimBrowser) -> None:
    """The same two teas that were shown before the sign-out are no other two."""
    phone.customer_id = None
    phone.sync()
    phone.cart.put_in(TEA, 2)
    phone.sync()
    world.policy = lambda _: "mine"
    phone.customer_id = MIRA
    phone.sync()
    assert (world.customer_cart(MIRA), saved(phone)) == ({TEA: 2, MUG: 1}, {})


def test_the_policy_sees_both_carts_and_what_they_share(world: SimWorld, phone: SimBrowser) -> None:
    met: list[Meeting] = []

    def policy(meeting: Meeting) -> Rule:
        met.append(meeting)
        return "usual"

    signs_in(world, policy)
    [meeting] = met
    assert meeting.customer_id == MIRA
    assert {item.variant_id: n for item, n in meeting.owned.items()} == {TEA: 2, MUG: 1}
    assert {item.variant_id: n for item, n in meeting.guest.items()} == {TEA: 3, POT: 1}
    assert meeting.shared == frozenset()
    assert key_of(TEA) in {item.key for item in meeting.owned}


def test_nobody_is_asked_about_a_cart_that_is_empty(world: SimWorld) -> None:
    laptop = signs_in(world, lambda _: "mine")
    assert world.customer_cart(MIRA) == {TEA: 3, POT: 1}
    assert saved(laptop) == {}


def broken(_: Meeting) -> Any:
    raise ZeroDivisionError


@pytest.mark.parametrize("policy", [broken, lambda _: "whatever", lambda _: None, lambda _: []])
def test_a_policy_that_fails_keeps_nobody_from_signing_in(
    policy: Any, world: SimWorld, phone: SimBrowser
) -> None:
    signs_in(world, policy)
    assert world.customer_cart(MIRA) == {TEA: 5, MUG: 1, POT: 1}


def test_a_policy_asks_by_annotation_and_there_is_one(settings: Settings) -> None:
    app = Handcart(settings)
    with pytest.raises(WiringError) as raised:

        @app.adoption
        def wants_too_much(meeting: Meeting, shop: str) -> Rule:
            return "usual"

    assert raised.value.code == "cannot_provide"

    @app.adoption
    def mine(meeting: Meeting) -> Rule:
        return "mine"

    assert app.adoption_policy(Meeting(MIRA, {}, {}, frozenset())) == "mine"
    with pytest.raises(WiringError) as raised:
        app.adoption(mine)
    assert raised.value.code == "handler_twice"
    app.close()
