"""What holds for a storefront cart after any calls whatever."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from handcart.localshop import inventory
from handcart.localshop.clock import Clock
from handcart.localshop.seed import seed
from handcart.localshop.storefront import carts
from handcart.localshop.storefront.carts import CartRefused, Change, Item
from handcart.localshop.world import Cart, World
from tests.handcart.localshop_web.listening import BEGIN

VARIANTS = list(seed(1, BEGIN).variants)[:3]
variant = st.sampled_from(VARIANTS)
quantity = st.integers(-1, 30)
properties = st.sampled_from([{}, {"For": "Ana"}, {"For": "Eva", "_x": "1"}])
call = st.one_of(
    st.tuples(st.just("add"), st.lists(st.builds(Item, variant, quantity, properties), max_size=2)),
    st.tuples(st.just("update"), st.dictionaries(variant.map(str), quantity, max_size=3)),
    st.tuples(st.just("note"), st.sampled_from(["", "soon"])),
    st.tuples(
        st.just("change"),
        st.tuples(
            st.integers(1, 3),
            st.builds(Change, st.none() | quantity, st.none() | properties, st.none()),
        ),
    ),
    st.tuples(st.just("clear"), st.none()),
)


def carry_out(world: World, cart: Cart, name: str, what: Any) -> None:
    if name == "add":
        carts.add(world, cart, what)
    elif name == "update":
        carts.update(world, cart, updates=what)
    elif name == "note":
        carts.update(world, cart, note=what)
    elif name == "change":
        carts.change(world, cart, carts.name_of(cart, what[0]), what[1])
    else:
        carts.clear(world, cart)


def seen(cart: Cart) -> Any:
    return ([(line.key, line.quantity) for line in cart.lines], cart.note)


@given(st.lists(call, max_size=12))
def test_lines_stay_distinct_and_every_real_change_is_told_once(calls: list[Any]) -> None:
    world = seed(1, BEGIN, clock=Clock.stopped(BEGIN))
    cart = carts.begin(world)
    told: list[str] = []
    for name, what in calls:
        before, time_before = seen(cart), cart.updated_at
        try:
            carry_out(world, cart, name, what)
        except CartRefused as error:
            assert error.status in {400, 404, 422}
        events, world.emitted[:] = list(world.emitted), []
        assert len(events) == (seen(cart) != before)
        for topic, body in events:
            told.append(topic)
            assert body["token"] == cart.token
            assert [(one["key"], one["quantity"]) for one in body["line_items"]] == seen(cart)[0]
            assert cart.updated_at > time_before
        assert len({line.key for line in cart.lines}) == len(cart.lines)
        assert all(line.quantity > 0 for line in cart.lines)
    assert told == (["carts/create"] + ["carts/update"] * (len(told) - 1) if told else [])


@given(st.lists(st.builds(Item, variant, st.integers(1, 30), properties), max_size=8))
def test_adding_never_takes_more_than_there_is(items: list[Item]) -> None:
    world = seed(1, BEGIN, clock=Clock.stopped(BEGIN))
    cart = carts.begin(world)
    for item in items:
        try:
            carts.add(world, cart, [item])
        except CartRefused as error:
            assert error.status == 422
        for each in VARIANTS:
            held = sum(line.quantity for line in cart.lines if line.variant_id == each)
            assert held <= inventory.available(world, each)
