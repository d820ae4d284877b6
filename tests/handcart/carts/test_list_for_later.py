"""What a shopper asks of a cart beside its lines: keep for later, bring back, undo."""

from __future__ import annotations

from datetime import timedelta

from handcart.carts import service
from handcart.carts.history import KEPT, history
from handcart.carts.store import open_cart

from .simulation import SHOP, SimBrowser, SimWorld, key_of

TEA, MUG, POT, WARRANTY = 101, 102, 103, 104
MIRA = 7


def later(variant: int) -> dict[str, str]:
    return {"do": "later", "about": key_of(variant)}


def back(variant: int) -> dict[str, str]:
    return {"do": "back", "about": key_of(variant)}


def saved(browser: SimBrowser) -> dict[int, int]:
    return {line["variant_id"]: line["quantity"] for line in browser.script.answer["saved"]}


def test_a_line_kept_for_later_leaves_the_cart_of_every_device_and_waits_on_the_list(
    phone: SimBrowser, laptop: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 2)
    phone.cart.put_in(MUG, 1)
    phone.sync()
    phone.sync(later(TEA))
    laptop.sync()
    assert (phone.cart.quantity(TEA), laptop.cart.quantity(TEA)) == (0, 0)
    assert saved(laptop) == {TEA: 2}
    laptop.sync(back(TEA))
    phone.sync()
    assert (phone.cart.quantity(TEA), phone.cart.quantity(MUG)) == (2, 1)
    assert saved(phone) == {}


def test_a_wish_that_comes_twice_is_done_once(phone: SimBrowser, laptop: SimBrowser) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync()
    phone.sync(later(TEA), later(TEA))
    phone.answer_lost = True
    phone.sync(back(TEA))
    phone.sync(back(TEA))
    laptop.sync()
    assert (phone.cart.quantity(TEA), laptop.cart.quantity(TEA)) == (2, 2)


def test_a_line_put_in_again_while_it_is_on_the_list_is_there_once_in_each(
    phone: SimBrowser,
) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync()
    phone.sync(later(TEA))
    phone.cart.put_in(TEA, 1)
    phone.sync()
    assert (phone.cart.quantity(TEA), saved(phone)) == (1, {TEA: 2})
    phone.sync({"do": "drop", "about": key_of(TEA)})
    assert (phone.cart.quantity(TEA), saved(phone)) == (1, {})


def test_what_is_nested_under_a_line_goes_with_it_and_comes_back_with_it(
    phone: SimBrowser, laptop: SimBrowser
) -> None:
    phone.cart.put_in(POT, 1)
    phone.cart.put_in(WARRANTY, 1, under=POT)
    phone.cart.put_in(WARRANTY, 1)
    phone.sync()
    phone.sync(later(POT))
    assert [(line.variant_id, line.parent) for line in phone.cart.lines] == [(WARRANTY, None)]
    assert saved(phone) == {POT: 1, WARRANTY: 1}
    laptop.sync(back(POT))
    nested = [line for line in laptop.cart.lines if line.parent]
    assert [(line.variant_id, line.parent.variant_id) for line in nested if line.parent] == [
        (WARRANTY, POT)
    ]
    assert laptop.cart.quantity(WARRANTY) == 2
    laptop.cart.put_to(POT, 0)
    laptop.sync()
    phone.sync()
    assert [(line.variant_id, line.quantity) for line in phone.cart.lines] == [(WARRANTY, 1)]


def signed_in_with_a_guests_cart(phone: SimBrowser, laptop: SimBrowser) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync()
    laptop.customer_id = None
    laptop.cart.put_in(TEA, 1)
    laptop.cart.put_in(POT, 1)
    laptop.sync()
    laptop.customer_id = MIRA
    laptop.sync()


def test_an_adoption_is_explained_and_can_be_undone_without_losing_anything(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    signed_in_with_a_guests_cart(phone, laptop)
    undo = laptop.script.answer["undo"]
    assert {(line["variant_id"], line["before"], line["now"]) for line in undo["lines"]} == {
        (TEA, 2, 3),
        (POT, 0, 1),
    }
    laptop.sync({"do": "undo", "about": undo["about"]})
    phone.sync()
    for browser in (laptop, phone):
        assert (browser.cart.quantity(TEA), browser.cart.quantity(POT)) == (2, 0)
        assert saved(browser) == {TEA: 1, POT: 1}
        assert browser.script.answer["undo"] is None
    laptop.sync({"do": "undo", "about": undo["about"]})
    laptop.cart.put_in(MUG, 1)
    laptop.sync()
    assert world.customer_cart(MIRA) == {TEA: 2, MUG: 1}


def test_an_undo_leaves_what_the_shopper_decided_since(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    signed_in_with_a_guests_cart(phone, laptop)
    undo = laptop.script.answer["undo"]
    laptop.cart.put_to(TEA, 1)
    phone.sync()
    phone.cart.put_in(POT, 2)
    phone.sync()
    laptop.sync({"do": "undo", "about": undo["about"]})
    assert world.customer_cart(MIRA) == {TEA: 1, POT: 2}
    assert saved(laptop) == {POT: 1}


def test_an_undo_is_offered_for_half_an_hour_and_to_nobody_else(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    signed_in_with_a_guests_cart(phone, laptop)
    undo = laptop.script.answer["undo"]
    stranger = SimBrowser(world, "stranger", customer_id=8)
    stranger.cart.put_in(MUG, 1)
    stranger.sync({"do": "undo", "about": undo["about"]})
    assert world.customer_cart(MIRA) == {TEA: 3, POT: 1}
    world.wait(timedelta(minutes=31).total_seconds())
    laptop.sync()
    assert laptop.script.answer["undo"] is None
    laptop.sync({"do": "undo", "about": undo["about"]})
    assert world.customer_cart(MIRA) == {TEA: 3, POT: 1}


def test_a_guest_whose_cart_becomes_their_own_is_offered_no_undo(
    world: SimWorld, laptop: SimBrowser
) -> None:
    laptop.customer_id = None
    laptop.cart.put_in(TEA, 1)
    laptop.sync()
    laptop.customer_id = MIRA
    laptop.sync()
    assert laptop.script.answer["undo"] is None
    assert world.customer_cart(MIRA) == {TEA: 1}


def test_a_guests_list_comes_along_at_sign_in(phone: SimBrowser, laptop: SimBrowser) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync(later(TEA))
    laptop.customer_id = None
    laptop.cart.put_in(POT, 1)
    laptop.sync()
    laptop.sync(later(POT))
    laptop.customer_id = MIRA
    laptop.sync()
    assert saved(laptop) == {TEA: 2, POT: 1}


def test_the_list_outlives_the_cart_and_leaves_with_its_owner(
    phone: SimBrowser, laptop: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync()
    phone.sync(later(TEA))
    phone.customer_id = None
    phone.sync()
    phone.cart.put_in(MUG, 1)
    phone.sync()
    assert saved(phone) == {}
    laptop.sync()
    assert (laptop.cart.lines, saved(laptop)) == ([], {TEA: 2})


def test_the_history_says_who_did_what(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync()
    laptop.sync()
    laptop.sync(later(TEA))
    with world.engine.begin() as view:
        cart = open_cart(view, SHOP, f"customer:{MIRA}")
        assert cart is not None
        newest, first = history(view, SHOP, cart.cart_id)
        exported = service.export_customer(view, SHOP, MIRA)["carts"][0]
    assert newest.by.startswith("device:")
    assert newest.by != first.by
    assert [(one["before"], one["now"], one.get("list")) for one in newest.lines] == [
        (2, 0, None),
        (0, 2, "saved"),
    ]
    assert [(one["before"], one["now"]) for one in first.lines] == [(0, 2)]
    assert [line["quantity"] for line in exported["saved_for_later"]] == [2]
    assert len(exported["changes"]) == 2


def test_the_history_of_a_cart_does_not_grow_for_ever(world: SimWorld, phone: SimBrowser) -> None:
    for _ in range(KEPT + 15):
        phone.cart.put_in(TEA, 1)
        phone.sync()
    with world.engine.begin() as view:
        cart = open_cart(view, SHOP, f"customer:{MIRA}")
        assert cart is not None
        kept = history(view, SHOP, cart.cart_id, newest=1000)
    assert KEPT <= len(kept) < KEPT + 10
    assert kept[0].version == cart.version
