"""What the shop gives along: never twice, and never again once its shopper took it out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handcart.carts.cart import Cart
from handcart.carts.line_key import Item

from .simulation import START, SimBrowser, SimWorld, key_of

TEA, SPOON = 101, 105
MIRA = 7
GIFT = {"_gift": "spring"}


def test_a_gift_that_every_browser_puts_in_by_itself_is_there_once(world: SimWorld) -> None:
    browsers = [SimBrowser(world, f"browser {n}", customer_id=MIRA) for n in range(3)]
    for browser in browsers:
        browser.cart.put_in(TEA, 1)
        browser.cart.put_in(SPOON, 1, GIFT)
    for browser in browsers * 2:
        browser.sync()
    for browser in browsers:
        assert (browser.cart.quantity(TEA), browser.cart.quantity(SPOON)) == (3, 1)


def test_a_guests_gift_does_not_add_to_the_shoppers(world: SimWorld) -> None:
    phone = SimBrowser(world, "phone", customer_id=MIRA)
    phone.cart.put_in(SPOON, 1, GIFT)
    phone.sync()
    laptop = SimBrowser(world, "laptop")
    laptop.cart.put_in(SPOON, 1, GIFT)
    laptop.cart.put_in(SPOON, 1)
    laptop.sync()
    laptop.customer_id = MIRA
    laptop.sync()
    gift, bought = key_of(SPOON, **GIFT), key_of(SPOON)
    assert laptop.cart.quantities() == {gift: 1, bought: 1}


def test_a_gift_that_was_taken_out_is_not_put_in_again_by_signing_in(world: SimWorld) -> None:
    phone = SimBrowser(world, "phone", customer_id=MIRA)
    phone.cart.put_in(TEA, 1)
    phone.cart.put_in(SPOON, 1, GIFT)
    phone.sync()
    phone.cart.put_to(SPOON, 0)
    phone.sync()
    laptop = SimBrowser(world, "laptop")
    laptop.cart.put_in(SPOON, 1, GIFT)
    laptop.sync()
    laptop.customer_id = MIRA
    laptop.sync()
    phone.sync()
    assert world.customer_cart(MIRA) == {TEA: 1}
    assert (laptop.cart.quantity(SPOON), phone.cart.quantity(SPOON)) == (0, 0)


def test_a_gift_that_is_wanted_after_all_can_be_put_in_again(world: SimWorld) -> None:
    phone = SimBrowser(world, "phone", customer_id=MIRA)
    phone.cart.put_in(SPOON, 1, GIFT)
    phone.sync()
    phone.cart.put_to(SPOON, 0)
    phone.sync()
    phone.cart.put_in(SPOON, 1, GIFT)
    phone.sync()
    assert world.customer_cart(MIRA) == {SPOON: 1}


@given(st.lists(st.booleans(), max_size=6), st.lists(st.booleans(), max_size=6))
def test_refused_gifts_join_like_everything_else(left: list[bool], right: list[bool]) -> None:
    gift = Item.of(SPOON, None, GIFT)
    one, other = Cart(), Cart()
    for put_in in left:
        one = _acted(one, gift, put_in, "a")
    for put_in in right:
        other = _acted(other, gift, put_in, "b")
    joined = one.join(other)
    assert joined == other.join(one) == joined.join(one)
    assert joined.refused == one.refused | other.refused
    assert Cart.from_json(joined.to_json()) == joined


def _acted(cart: Cart, gift: Item, put_in: bool, device: str) -> Cart:
    if put_in:
        return cart.set(gift, 1, device=device, at=START, knows=cart.seen)
    return cart.remove(gift.key, device=device, knows=cart.seen)
