from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from handcart.carts.adopt import adopt
from handcart.carts.cart import Cart
from handcart.carts.line_key import Item, canonical, line_key

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TEA, MUG = Item(101), Item(102)
DEVICES = ("phone", "laptop", "till")
# ``make soak-carts`` tries very many.
SCHEDULES = int(os.environ.get("HANDCART_SCHEDULES", "300"))


class Fleet:
    """Three devices that change their own copy of one cart and send whole states to each other."""

    def __init__(self) -> None:
        self.copies = {device: Cart() for device in DEVICES}
        self.sent: list[Cart] = []
        self.at = START

    def play(self, steps: list[tuple[str, str, int, int]]) -> None:
        for device, what, number, skew in steps:
            self.at += timedelta(seconds=1)
            self._step(device, what, number, self.at + timedelta(seconds=skew))

    def _step(self, device: str, what: str, number: int, at: datetime) -> None:
        cart = self.copies[device]
        if what == "add":
            cart = cart.add(TEA, number + 1, device=device, at=at)
        elif what == "set":
            cart = cart.set(TEA, number, device=device, at=at, knows=cart.seen)
        elif what == "remove":
            cart = cart.remove(TEA.key, device=device, knows=cart.seen)
        elif what == "send":
            self.sent.append(cart)
        elif self.sent:
            cart = cart.join(self.sent[number % len(self.sent)])
        self.copies[device] = cart


steps = st.lists(
    st.tuples(
        st.sampled_from(DEVICES),
        st.sampled_from(["add", "set", "remove", "send", "receive"]),
        st.integers(0, 5),
        st.integers(-30, 30),
    ),
    max_size=25,
)


def copies_after(script: list[tuple[str, str, int, int]]) -> tuple[Cart, Cart, Cart]:
    fleet = Fleet()
    fleet.play(script)
    return fleet.copies["phone"], fleet.copies["laptop"], fleet.copies["till"]


@given(steps)
@settings(max_examples=SCHEDULES)
def test_join_is_commutative_associative_and_idempotent(
    script: list[tuple[str, str, int, int]],
) -> None:
    a, b, c = copies_after(script)
    assert a.join(b) == b.join(a)
    assert a.join(b).join(c) == a.join(b.join(c))
    assert a.join(a) == a
    assert a.join(b).join(b) == a.join(b)


@given(steps)
@settings(max_examples=200)
def test_every_old_state_that_arrives_late_changes_nothing(
    script: list[tuple[str, str, int, int]],
) -> None:
    fleet = Fleet()
    fleet.play(script)
    a, b, c = fleet.copies.values()
    whole = a.join(b).join(c)
    for old in fleet.sent:
        assert whole.join(old) == whole


@given(steps)
@settings(max_examples=200)
def test_a_cart_comes_back_from_json_as_it_was(script: list[tuple[str, str, int, int]]) -> None:
    cart = copies_after(script)[0]
    assert Cart.from_json(json.loads(json.dumps(cart.to_json()))) == cart


@given(steps)
@settings(max_examples=200)
def test_no_quantity_is_ever_negative(script: list[tuple[str, str, int, int]]) -> None:
    a, b, c = copies_after(script)
    assert all(quantity > 0 for quantity in a.join(b).join(c).quantities().values())


def two_of_tea() -> Cart:
    return Cart().add(TEA, 2, device="phone", at=START)


def test_one_more_on_each_of_two_devices_makes_two_more() -> None:
    here = two_of_tea().add(TEA, 1, device="phone", at=START)
    there = two_of_tea().add(TEA, 1, device="laptop", at=START)
    assert here.join(there).quantity(TEA.key) == 4


def test_of_two_quantities_set_the_later_stays() -> None:
    start = two_of_tea()
    five = start.set(TEA, 5, device="phone", at=START, knows=start.seen)
    three = start.set(TEA, 3, device="laptop", at=START + timedelta(seconds=1), knows=start.seen)
    assert five.join(three).quantity(TEA.key) == 3


def test_a_remove_takes_only_what_its_device_had_seen() -> None:
    start = two_of_tea()
    removed = start.remove(TEA.key, device="laptop", knows=start.seen)
    added = start.add(TEA, 1, device="phone", at=START)
    assert removed.join(added).quantity(TEA.key) == 1
    assert removed.join(start).quantities() == {}


def test_a_removed_line_leaves_nothing_behind() -> None:
    start = two_of_tea()
    assert start.remove(TEA.key, device="laptop", knows=start.seen).lines == {}


def test_a_set_keeps_what_another_device_added_unseen() -> None:
    start = two_of_tea()
    one = start.set(TEA, 1, device="laptop", at=START, knows=start.seen)
    more = start.add(TEA, 3, device="phone", at=START)
    assert one.join(more).quantity(TEA.key) == 4


def test_adopting_adds_up_what_two_carts_do_not_share() -> None:
    later = START + timedelta(seconds=1)
    guest = Cart().add(TEA, 1, device="guest", at=START).add(MUG, 1, device="guest", at=later)
    cart, receipt = adopt(two_of_tea(), guest, shared=set(), device="new", at=START)
    assert cart.quantities() == {TEA.key: 3, MUG.key: 1}
    assert [(line.before, line.guest, line.now, line.rule) for line in receipt] == [
        (2, 1, 3, "sum"),
        (0, 1, 1, "sum"),
    ]


def test_adopting_takes_the_larger_of_what_they_share() -> None:
    guest = Cart().add(TEA, 3, device="guest", at=START)
    cart, receipt = adopt(two_of_tea(), guest, shared={TEA.key}, device="new", at=START)
    assert cart.quantities() == {TEA.key: 3}
    assert receipt[0].rule == "larger"
    fewer = Cart().add(TEA, 1, device="guest", at=START)
    assert adopt(two_of_tea(), fewer, shared={TEA.key}, device="new", at=START)[0] == two_of_tea()


def test_adopting_stops_at_the_most_a_line_may_hold() -> None:
    guest = Cart().add(TEA, 9, device="guest", at=START)
    cart, receipt = adopt(two_of_tea(), guest, shared=set(), device="new", at=START, most=5)
    assert cart.quantities() == {TEA.key: 5}
    assert receipt[0].now == 5


def test_properties_that_say_the_same_name_the_same_line() -> None:
    one = canonical({" Engraving ": "Cafe\u0301", "Note": "", "form_type": "product"})
    other = canonical({"Engraving": "Caf\u00e9"})
    assert one == other
    assert Item(101, None, one).key == Item.of(101, None, {"Engraving": "Caf\u00e9 "}).key


def test_what_makes_a_line_another_line() -> None:
    keys = {
        line_key(101),
        line_key(102),
        line_key(101, 5),
        line_key(101, None, (("Engraving", "Mira"),)),
        line_key(101, parent_line="a"),
        line_key(101, price_mode="gift"),
        line_key(101, fulfilment_intent="pick_up"),
    }
    assert len(keys) == 7
