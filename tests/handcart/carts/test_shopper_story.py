from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from handcart.carts import service
from handcart.carts.snapshot import SnapshotLine
from handcart.testing.script import MARK

from .simulation import SHOP, Closed, SimBrowser, SimCart, SimWorld

TEA, MUG, POT = 101, 102, 103
MIRA, OTTO = 7, 8
ENGRAVED = {"Engraving": "Mira"}


def deliver_everything(world: SimWorld, times: int = 1) -> None:
    for webhook in list(world.webhooks) * times:
        world.deliver(webhook)


def test_a_cart_crosses_over_after_sign_in_and_back(world: SimWorld) -> None:
    phone, laptop = SimBrowser(world, "phone"), SimBrowser(world, "laptop")
    phone.cart.put_in(TEA, 2)
    phone.sync()
    phone.customer_id = MIRA
    phone.sync()
    laptop.customer_id = MIRA
    laptop.sync()
    assert laptop.cart.quantity(TEA) == 2
    laptop.cart.put_in(MUG, 1)
    laptop.sync()
    phone.sync()
    assert phone.cart.quantities() == laptop.cart.quantities()
    assert (phone.cart.quantity(TEA), phone.cart.quantity(MUG)) == (2, 1)


def test_a_line_removed_on_one_device_goes_from_the_other(
    phone: SimBrowser, laptop: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync()
    laptop.sync()
    laptop.cart.put_to(TEA, 0)
    laptop.sync()
    phone.sync()
    assert phone.cart.lines == []
    assert laptop.sync()
    assert laptop.cart.lines == []


def test_a_line_with_properties_crosses_over_as_its_own_line(
    phone: SimBrowser, laptop: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 1)
    phone.cart.put_in(TEA, 2, ENGRAVED)
    phone.sync()
    laptop.sync()
    assert sorted((line.quantity, line.properties) for line in laptop.cart.lines) == [
        (1, {}),
        (2, ENGRAVED),
    ]


def test_two_platform_lines_that_are_one_of_ours_are_left_alone_until_they_change(
    phone: SimBrowser, laptop: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 1, {"Engraving": "Mira"})
    phone.cart.put_in(TEA, 2, {"Engraving": " Mira "})
    phone.sync()
    assert [line.quantity for line in phone.cart.lines] == [1, 2]
    laptop.sync()
    laptop.cart.put_to(TEA, 5)
    laptop.sync()
    phone.sync()
    assert [line.quantity for line in phone.cart.lines] == [5]


def test_a_guest_who_signs_in_keeps_both_carts_once(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync()
    laptop.customer_id = None
    laptop.cart.put_in(TEA, 1)
    laptop.cart.put_in(POT, 1)
    laptop.sync()
    laptop.customer_id = MIRA
    for _ in range(3):
        laptop.sync()
    assert world.customer_cart(MIRA) == {TEA: 3, POT: 1}
    assert (laptop.cart.quantity(TEA), laptop.cart.quantity(POT)) == (3, 1)


def test_signing_out_leaves_nothing_of_the_shopper_behind(
    world: SimWorld, laptop: SimBrowser
) -> None:
    laptop.cart.put_in(TEA, 2)
    laptop.cart.note = "for my mother, 12 Elm Street"
    laptop.cart.attributes["gift"] = "yes"
    laptop.sync()
    before = laptop.script.storage["device"]
    laptop.customer_id = None
    laptop.sync()
    assert laptop.cart.lines == []
    assert laptop.cart.note == ""
    assert set(laptop.cart.attributes) == {MARK}
    assert laptop.script.storage["device"] != before
    assert world.customer_cart(MIRA) == {TEA: 2}
    deliver_everything(world, times=2)
    laptop.cart.put_in(MUG, 1)
    laptop.sync()
    assert [(line.variant_id, line.quantity) for line in laptop.cart.lines] == [(MUG, 1)]
    assert world.customer_cart(MIRA) == {TEA: 2}


def test_the_old_device_token_opens_nothing_after_signing_out(
    world: SimWorld, laptop: SimBrowser
) -> None:
    laptop.cart.put_in(TEA, 2)
    laptop.sync()
    old = dict(laptop.script.storage)
    laptop.customer_id = None
    laptop.sync()
    thief = SimBrowser(world, "thief")
    thief.script.storage.update(old)
    thief.sync()
    assert thief.cart.lines == []


def test_a_sign_out_whose_answer_is_lost_is_repeated(world: SimWorld, laptop: SimBrowser) -> None:
    laptop.cart.put_in(TEA, 2)
    laptop.sync()
    laptop.customer_id = None
    laptop.answer_lost = True
    laptop.sync()
    assert laptop.cart.quantity(TEA) == 2
    laptop.sync()
    assert laptop.cart.lines == []
    assert world.customer_cart(MIRA) == {TEA: 2}


def test_a_page_closed_while_it_clears_is_cleared_by_the_next(
    world: SimWorld, laptop: SimBrowser
) -> None:
    laptop.cart.put_in(TEA, 2)
    laptop.sync()
    laptop.customer_id = None
    laptop.cart.closes_in = 1
    laptop.sync()
    laptop.sync()
    assert laptop.cart.lines == []
    assert world.customer_cart(MIRA) == {TEA: 2}


def test_another_customer_on_the_same_device_gets_only_their_own_cart(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    laptop.cart.put_in(TEA, 2)
    laptop.sync()
    laptop.customer_id = OTTO
    laptop.sync()
    assert laptop.cart.lines == []
    assert (world.customer_cart(MIRA), world.customer_cart(OTTO)) == ({TEA: 2}, {})
    laptop.cart.put_in(MUG, 1)
    laptop.sync()
    assert (world.customer_cart(MIRA), world.customer_cart(OTTO)) == ({TEA: 2}, {MUG: 1})


def test_signing_in_again_on_the_same_device_doubles_nothing(
    world: SimWorld, laptop: SimBrowser
) -> None:
    laptop.cart.put_in(TEA, 2)
    laptop.sync()
    for _ in range(3):
        laptop.customer_id = None
        laptop.sync()
        laptop.customer_id = MIRA
        laptop.sync()
    assert world.customer_cart(MIRA) == {TEA: 2}
    assert laptop.cart.quantity(TEA) == 2


def test_what_a_guest_had_just_seen_in_the_account_is_not_added_again(
    world: SimWorld, laptop: SimBrowser
) -> None:
    laptop.cart.put_in(TEA, 2)
    laptop.sync()
    laptop.customer_id = None
    laptop.sync()
    laptop.cart.put_in(TEA, 1)
    laptop.sync()
    laptop.customer_id = MIRA
    laptop.sync()
    assert world.customer_cart(MIRA) == {TEA: 2}


def test_a_cart_token_without_its_secret_opens_nothing(world: SimWorld, laptop: SimBrowser) -> None:
    laptop.customer_id = None
    laptop.cart.put_in(TEA, 2)
    laptop.sync()
    for shown in (laptop.cart.token, f"{laptop.cart.token}?key=guessed"):
        report = {"token": shown, "lines": []}
        assert world.post(report, None) is None
        assert world.post(report, OTTO) is None
    assert world.refusals == ["cart_token_not_yours"] * 4
    assert laptop.sync()
    assert laptop.cart.quantity(TEA) == 2


def test_a_browser_that_lost_its_storage_goes_on_with_its_cart(
    world: SimWorld, laptop: SimBrowser
) -> None:
    laptop.cart.put_in(TEA, 2)
    laptop.sync()
    laptop.script.storage.clear()
    laptop.sync()
    laptop.sync()
    assert world.customer_cart(MIRA) == {TEA: 2}
    laptop.script.storage.clear()
    laptop.customer_id = None
    laptop.sync()
    assert laptop.cart.lines == []


def test_a_platform_that_gives_the_same_cart_a_new_token_doubles_nothing(
    world: SimWorld, laptop: SimBrowser
) -> None:
    laptop.cart.put_in(TEA, 2)
    laptop.sync()
    laptop.cart.token = "another-token"
    laptop.sync()
    assert world.customer_cart(MIRA) == {TEA: 2}
    assert laptop.cart.quantity(TEA) == 2


def test_what_was_bought_on_one_device_is_offered_on_none(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync()
    laptop.sync()
    laptop.online = False
    laptop.cart.put_in(MUG, 1)
    token, lines = phone.cart.token, phone.cart.snapshot()
    phone.fresh_cart()
    for _ in range(2):
        world.order(token, 900, lines)
    laptop.online = True
    laptop.sync()
    phone.sync()
    assert world.customer_cart(MIRA) == {MUG: 1}
    assert laptop.cart.quantity(TEA) == phone.cart.quantity(TEA) == 0
    deliver_everything(world, times=2)
    laptop.sync()
    assert world.customer_cart(MIRA) == {MUG: 1}


def test_the_empty_cart_after_a_checkout_waits_for_the_order(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync()
    token, lines = phone.cart.token, phone.cart.snapshot()
    phone.fresh_cart()
    phone.sync()
    assert phone.cart.lines == []
    assert phone.script.again is not None
    world.order(token, 900, lines)
    phone.sync()
    assert phone.cart.lines == []
    assert phone.script.again is None
    assert world.customer_cart(MIRA) == {}


def test_a_cart_that_was_only_lost_comes_back_after_a_moment(
    world: SimWorld, phone: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync()
    phone.fresh_cart()
    phone.sync()
    assert phone.cart.lines == []
    world.wait(16)
    phone.sync()
    assert phone.cart.quantity(TEA) == 2


def test_an_order_that_comes_after_the_cart_went_on_takes_nothing_new(
    world: SimWorld, phone: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync()
    bought = phone.cart.snapshot()
    phone.cart.put_to(TEA, 0)
    phone.sync()
    phone.cart.put_in(TEA, 1)
    phone.sync()
    world.order(phone.cart.token, 900, bought)
    phone.sync()
    assert world.customer_cart(MIRA) == {TEA: 1}


def test_what_was_taken_out_at_the_checkout_is_no_sign_that_the_cart_went_on(
    world: SimWorld, phone: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync()
    bought = phone.cart.snapshot()
    phone.cart.put_in(MUG, 1)
    phone.sync()
    phone.cart.put_to(MUG, 0)
    world.order(phone.cart.token, 900, bought)
    assert world.customer_cart(MIRA) == {MUG: 1}


def test_a_purchase_of_a_part_leaves_the_rest(world: SimWorld, phone: SimBrowser) -> None:
    phone.cart.put_in(TEA, 3)
    phone.cart.put_in(MUG, 1)
    phone.sync()
    world.order(phone.cart.token, 900, [SnapshotLine(TEA, 2)])
    assert world.customer_cart(MIRA) == {TEA: 1, MUG: 1}


def test_goods_whose_properties_changed_at_the_checkout_leave_the_cart_too(
    world: SimWorld, phone: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 2, ENGRAVED)
    phone.sync()
    bought = [SnapshotLine(TEA, 2, {**ENGRAVED, "_checked": "yes"})]
    world.order(phone.cart.token, 900, bought)
    assert world.customer_cart(MIRA) == {}


def test_a_line_that_the_shop_refuses_stays_in_the_shoppers_cart(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    world.checks_updates = True
    phone.cart.put_in(TEA, 5)
    phone.cart.put_in(MUG, 1)
    phone.sync()
    world.stock = {TEA: 3}
    assert laptop.sync()
    assert (laptop.cart.quantity(TEA), laptop.cart.quantity(MUG)) == (3, 1)
    for _ in range(2):
        laptop.sync()
        phone.sync()
    assert world.customer_cart(MIRA) == {TEA: 5, MUG: 1}
    world.stock = {}
    world.wait(timedelta(hours=2).total_seconds())
    laptop.sync()
    assert laptop.cart.quantity(TEA) == 5


def test_a_refused_line_can_still_be_lowered_and_removed(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    world.checks_updates = True
    phone.cart.put_in(TEA, 5)
    phone.sync()
    world.stock = {TEA: 3}
    laptop.sync()
    laptop.cart.put_to(TEA, 2)
    laptop.sync()
    assert world.customer_cart(MIRA) == {TEA: 2}
    laptop.cart.put_to(TEA, 0)
    laptop.sync()
    phone.sync()
    assert phone.cart.lines == []


def test_a_cart_of_400_days_ago_is_all_there(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 2)
    phone.sync()
    world.wait(timedelta(days=400).total_seconds())
    laptop.sync()
    assert laptop.cart.quantity(TEA) == 2


def test_a_click_between_our_answer_and_our_write_is_not_overwritten(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 1)
    phone.sync()
    laptop.sync()
    laptop.cart.put_in(TEA, 1)
    laptop.sync()
    clicks = [1]

    def post_and_click(report: Mapping[str, Any]) -> Mapping[str, Any] | None:
        answer = phone.post(report)
        if clicks:
            phone.cart.put_in(TEA, clicks.pop())
        return answer

    phone.script.post = post_and_click
    phone.sync()
    assert world.customer_cart(MIRA) == {TEA: 3}
    assert phone.cart.quantity(TEA) == 3


def test_an_old_report_of_a_second_tab_changes_nothing(world: SimWorld, phone: SimBrowser) -> None:
    phone.cart.put_in(TEA, 1)
    old, _ = phone.script.report()
    phone.cart.put_in(TEA, 1)
    phone.sync()
    answer = world.post(old, MIRA)
    assert answer is not None
    assert (answer["stale"], answer["lines"]) == (True, [])
    assert world.customer_cart(MIRA) == {TEA: 2}


def test_a_webhook_counts_when_no_script_could_report(world: SimWorld, phone: SimBrowser) -> None:
    phone.cart.put_in(TEA, 1)
    phone.sync()
    world.wait(60)
    phone.cart.put_in(TEA, 2)
    deliver_everything(world)
    assert world.customer_cart(MIRA) == {TEA: 3}
    deliver_everything(world, times=2)
    phone.sync()
    assert world.customer_cart(MIRA) == {TEA: 3}


def test_a_webhook_counts_only_after_one_that_shows_what_we_know(
    world: SimWorld, phone: SimBrowser
) -> None:
    phone.cart.put_in(TEA, 1)
    phone.sync()
    world.wait(60)
    phone.cart.put_in(TEA, 2)
    world.deliver(world.webhooks[-1])
    assert world.customer_cart(MIRA) == {TEA: 1}


def test_the_echo_of_our_own_write_is_no_operation(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    phone.sync()
    laptop.cart.put_in(TEA, 2)
    laptop.cart.put_in(MUG, 1, ENGRAVED)
    laptop.sync()
    world.wait(60)
    phone.cart.closes_in = 4
    phone.sync()
    assert phone.cart.lines
    world.wait(60)
    for _ in range(2):
        phone.cart._emit()
        deliver_everything(world)
    assert world.customer_cart(MIRA) == {TEA: 2, MUG: 1}
    phone.sync()
    assert world.customer_cart(MIRA) == {TEA: 2, MUG: 1}
    assert phone.cart.quantities() == laptop.cart.quantities()


def test_a_cart_that_no_browser_vouched_for_belongs_to_nobody(world: SimWorld) -> None:
    world.deliver(("unknown", (SnapshotLine(TEA, 1),), world.at))
    world.order("unknown", 900, [SnapshotLine(TEA, 1)])
    with world.engine.begin() as view:
        assert service.export_customer(view, SHOP, MIRA) == {"carts": []}


def test_a_visitor_with_an_empty_cart_leaves_no_row(world: SimWorld) -> None:
    visitor = SimBrowser(world, "visitor")
    visitor.sync()
    assert visitor.script.storage.get("device") is None
    assert visitor.cart.attributes == {}


def test_a_customer_who_is_forgotten_leaves_no_cart(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    laptop.customer_id = None
    laptop.cart.put_in(MUG, 1)
    laptop.sync()
    laptop.customer_id = MIRA
    laptop.sync()
    with world.engine.begin() as work:
        exported = service.export_customer(work, SHOP, MIRA)
        service.forget_customer(work, SHOP, MIRA, at=world.at)
        assert service.export_customer(work, SHOP, MIRA) == {"carts": []}
    statuses = sorted(cart["status"] for cart in exported["carts"])
    assert statuses == ["merged", "open"]
    merged = next(cart for cart in exported["carts"] if cart["status"] == "merged")
    assert merged["receipt"][0]["rule"] == "sum"


def test_another_shop_sees_none_of_it(world: SimWorld, phone: SimBrowser) -> None:
    phone.cart.put_in(TEA, 1)
    phone.sync()
    with world.engine.begin() as view:
        assert service.export_customer(view, "other.myshopify.com", MIRA) == {"carts": []}


def test_a_closed_page_is_what_the_simulation_says_it_is(world: SimWorld) -> None:
    cart = SimCart(world, "token", closes_in=0)
    with pytest.raises(Closed):
        cart.read()
