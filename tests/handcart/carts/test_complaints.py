"""What shoppers and merchants complained about in other systems' carts, thread by thread.

Each test is a complaint turned around; the docstring says where it was made.
"""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from handcart.carts.snapshot import SnapshotLine
from handcart.carts.store import carts
from handcart.testing.script import MARK

from .simulation import SHOP, SimBrowser, SimWorld

TEA, MUG, POT, WARRANTY = 101, 102, 103, 104
MIRA, OTTO = 7, 8


@pytest.fixture
def phone(world: SimWorld) -> SimBrowser:
    """Mira's, with two teas in the cart."""
    phone = SimBrowser(world, "phone", customer_id=MIRA)
    phone.cart.put_in(TEA, 2)
    phone.sync()
    return phone


@pytest.fixture
def laptop(world: SimWorld) -> SimBrowser:
    """Nobody is signed in on it."""
    return SimBrowser(world, "laptop")


def sign_in(browser: SimBrowser, customer: int = MIRA) -> None:
    browser.customer_id = customer
    browser.sync()


def sign_out(browser: SimBrowser) -> None:
    browser.customer_id = None
    browser.sync()


# --- lost or replaced ----------------------------------------------------------------------------


def test_a_guests_cart_is_not_lost_at_sign_in(world: SimWorld, laptop: SimBrowser) -> None:
    """vendurehq/nextjs-starter-vendure#12, deity-io/falcon-magento2-development#23"""
    laptop.cart.put_in(MUG, 1)
    laptop.sync()
    sign_in(laptop)
    assert laptop.cart.quantity(MUG) == 1
    assert world.customer_cart(MIRA) == {MUG: 1}


def test_the_cart_is_not_empty_after_signing_in_again(world: SimWorld, phone: SimBrowser) -> None:
    """SalesforceCommerceCloud/pwa-kit#319, #2431"""
    sign_out(phone)
    assert phone.cart.lines == []
    sign_in(phone)
    assert phone.cart.quantity(TEA) == 2


def test_the_saved_cart_is_not_ignored_because_the_browser_has_something_in_its_own(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    """woocommerce#43744, #16649; solidusio-contrib/solidus_social#80"""
    laptop.cart.put_in(MUG, 1)
    laptop.sync()
    sign_in(laptop)
    assert (laptop.cart.quantity(TEA), laptop.cart.quantity(MUG)) == (2, 1)


def test_a_cart_is_not_lost_by_signing_in_on_a_page_without_the_script(
    world: SimWorld, laptop: SimBrowser
) -> None:
    """woocommerce#7636"""
    laptop.cart.put_in(MUG, 1)
    laptop.customer_id = MIRA
    laptop.sync()
    assert world.customer_cart(MIRA) == {MUG: 1}
    assert laptop.cart.quantity(MUG) == 1


def test_the_cart_is_there_after_the_browser_was_closed_and_forgot_everything(
    world: SimWorld, phone: SimBrowser
) -> None:
    """Shopify/hydrogen#919"""
    again = SimBrowser(world, "the same phone with nothing kept", customer_id=MIRA)
    again.sync()
    assert again.cart.quantity(TEA) == 2


def test_a_guest_who_had_begun_to_check_out_keeps_the_cart_at_sign_in(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    """SAP/spartacus#4008: an error once the guest had typed an e-mail"""
    laptop.cart.put_in(MUG, 1)
    laptop.cart.attributes["email"] = "guest@example.com"
    laptop.sync()
    sign_in(laptop)
    assert world.refusals == []
    assert world.customer_cart(MIRA) == {TEA: 2, MUG: 1}


# --- merged unasked, doubled, fused --------------------------------------------------------------


def test_a_merge_that_nobody_wanted_is_taken_back(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    """magento2#1091: testers asked for a way not to merge"""
    laptop.cart.put_in(TEA, 1)
    laptop.cart.put_in(MUG, 1)
    laptop.sync()
    sign_in(laptop)
    undo = laptop.script.answer["undo"]
    laptop.sync({"do": "undo", "about": undo["about"]})
    phone.sync()
    assert world.customer_cart(MIRA) == {TEA: 2}
    assert phone.cart.quantities() == laptop.cart.quantities()


@pytest.mark.parametrize("noise", [{"form_type": "product"}, {"Note": ""}, {" Size ": " "}])
def test_the_same_product_is_never_there_as_two_lines(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser, noise: dict[str, str]
) -> None:
    """magento2#22436, #21375, #7679, OpenMage/magento-lts#928: they differ in noise"""
    laptop.cart.put_in(TEA, 1, noise)
    laptop.sync()
    sign_in(laptop)
    phone.sync()
    assert world.customer_cart(MIRA) == {TEA: 3}
    assert [line.quantity for line in phone.cart.lines] == [3]


def test_a_part_of_a_bundle_is_not_fused_with_the_same_goods_on_their_own(
    world: SimWorld, laptop: SimBrowser
) -> None:
    """magento2#40470"""
    laptop.cart.put_in(POT, 1)
    laptop.cart.put_in(WARRANTY, 1, under=POT)
    laptop.cart.put_in(WARRANTY, 2)
    sign_in(laptop)
    other = SimBrowser(world, "other", customer_id=MIRA)
    other.sync()
    shown = [(line.variant_id, line.quantity, bool(line.parent)) for line in other.cart.lines]
    assert sorted(shown) == [(POT, 1, False), (WARRANTY, 1, True), (WARRANTY, 2, False)]


def test_a_shopper_has_one_open_cart_however_many_devices_begin_at_once(world: SimWorld) -> None:
    """Sylius#9859"""
    devices = [SimBrowser(world, f"device {n}", customer_id=MIRA) for n in range(4)]
    for device in devices:
        device.cart.put_in(TEA, 1)
    for device in devices:
        device.sync()
    with world.engine.begin() as view:
        count = view.scalar(select(func.count()).select_from(carts).where(carts.c.shop == SHOP))
    assert count == 1
    assert world.customer_cart(MIRA) == {TEA: 4}


def test_a_cart_does_not_grow_with_every_page(world: SimWorld, phone: SimBrowser) -> None:
    """AnthropicBots/compressor PR 1279"""
    laptop = SimBrowser(world, "laptop", customer_id=MIRA)
    for _ in range(10):
        phone.sync()
        laptop.sync()
        for webhook in world.webhooks:
            world.deliver(webhook)
    assert world.customer_cart(MIRA) == {TEA: 2}
    assert phone.cart.quantity(TEA) == laptop.cart.quantity(TEA) == 2


# --- out of step ---------------------------------------------------------------------------------


def test_two_browsers_of_a_shopper_do_not_stay_different(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    """woocommerce#22993, PrestaShop#19035"""
    sign_in(laptop)
    laptop.cart.put_in(MUG, 1)
    phone.cart.put_to(TEA, 1)
    laptop.sync()
    phone.sync()
    laptop.sync()
    assert phone.cart.quantities() == laptop.cart.quantities()
    assert world.customer_cart(MIRA) == {TEA: 1, MUG: 1}


def test_signing_in_on_a_second_device_ends_nothing_on_the_first(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    """bigcommerce/catalyst#2156"""
    sign_in(laptop)
    phone.cart.put_in(MUG, 1)
    assert phone.sync()
    assert world.refusals == []
    laptop.sync()
    assert laptop.cart.quantity(MUG) == 1


def test_what_one_device_bought_the_other_does_not_keep(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    """odoo#27508"""
    sign_in(laptop)
    token, bought = phone.cart.token, phone.cart.snapshot()
    phone.fresh_cart()
    world.order(token, 900, bought)
    laptop.sync()
    assert laptop.cart.lines == []


def test_the_cart_is_empty_after_the_checkout_on_the_device_that_bought(
    world: SimWorld, phone: SimBrowser
) -> None:
    """Shopify/hydrogen#2524"""
    token, bought = phone.cart.token, phone.cart.snapshot()
    phone.fresh_cart()
    phone.sync()
    world.order(token, 900, bought)
    for _ in range(3):
        world.wait(20)
        phone.sync()
    assert phone.cart.lines == []


def test_who_signs_in_after_paying_as_a_guest_is_not_offered_what_was_bought(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    """odoo#27508: the order is told of after the guest's cart went into the customer's"""
    laptop.cart.put_in(TEA, 3)
    laptop.cart.put_in(MUG, 1)
    laptop.sync()
    token, bought = laptop.cart.token, laptop.cart.snapshot()
    laptop.fresh_cart()
    sign_in(laptop)
    world.order(token, 900, bought)
    world.order(token, 900, bought)
    assert world.customer_cart(MIRA) == {TEA: 2}


def test_a_checkout_while_the_other_device_goes_on_takes_only_what_was_bought(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    """PrestaShop#19035: what is paid is not what the other device shows"""
    sign_in(laptop)
    laptop.online = False
    laptop.cart.put_in(MUG, 1)
    laptop.cart.put_in(TEA, 1)
    token, bought = phone.cart.token, phone.cart.snapshot()
    phone.fresh_cart()
    world.order(token, 900, bought)
    laptop.online = True
    laptop.sync()
    assert world.customer_cart(MIRA) == {MUG: 1, TEA: 1}
    assert (laptop.cart.quantity(MUG), laptop.cart.quantity(TEA)) == (1, 1)


# --- shared devices ------------------------------------------------------------------------------


def test_the_next_user_of_a_device_gets_neither_voucher_nor_note_nor_lines(
    world: SimWorld, phone: SimBrowser
) -> None:
    """medusajs/nextjs-starter-medusa#54"""
    phone.cart.discounts = ["VIP-50"]
    phone.cart.note = "ring twice at 12 Elm Street"
    phone.cart.attributes["price list"] = "staff"
    sign_out(phone)
    assert (phone.cart.lines, phone.cart.discounts, phone.cart.note) == ([], [], "")
    assert set(phone.cart.attributes) == {MARK}


def test_a_token_alone_opens_nobodys_cart(world: SimWorld, phone: SimBrowser) -> None:
    """Sylius/ShopApiPlugin#609"""
    for secret in ("", "?key=guessed"):
        for customer in (None, OTTO):
            report = {"token": f"{phone.cart.token}{secret}", "lines": []}
            assert world.post(report, customer) is None
    assert set(world.refusals) == {"cart_token_not_yours"}
    assert world.customer_cart(OTTO) == {}


def test_no_cart_bleeds_into_the_next_customers(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    """duncanmcclean/statamic-cargo PR 224"""
    sign_in(phone, OTTO)
    phone.cart.put_in(MUG, 1)
    phone.sync()
    assert world.customer_cart(OTTO) == {MUG: 1}
    assert world.customer_cart(MIRA) == {TEA: 2}
    sign_in(laptop, OTTO)
    assert laptop.cart.quantity(TEA) == 0


# --- stale prices --------------------------------------------------------------------------------


def test_a_price_that_changed_is_neither_kept_nor_missed_and_is_told_once(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    """spree#11801, magento2#36885, thelia#1719; told once: woocommerce PR 29517, 61112"""
    world.prices[TEA, "EUR"] = 790
    sign_in(laptop)
    told = [(one["variant_id"], one["before"], one["now"]) for one in laptop.script.prices]
    assert told == [(TEA, 1000, 790)]
    laptop.sync()
    phone.sync()
    assert laptop.script.prices == phone.script.prices == []


def test_a_line_that_the_shop_refuses_does_not_keep_the_others_from_changing(
    world: SimWorld, phone: SimBrowser, laptop: SimBrowser
) -> None:
    """craftcms/commerce#1945: one thing that is no longer valid blocks every edit"""
    world.gone = {TEA}
    sign_in(laptop)
    laptop.cart.put_in(MUG, 1)
    laptop.cart.put_in(POT, 1)
    laptop.sync()
    laptop.cart.put_to(POT, 0)
    laptop.sync()
    assert world.customer_cart(MIRA) == {TEA: 2, MUG: 1}


# --- webhooks ------------------------------------------------------------------------------------


def test_a_cart_whose_update_comes_before_its_creation_is_right(
    world: SimWorld, laptop: SimBrowser
) -> None:
    """Shopify/shopify-app-js#603, nozzlegear/ShopifySharp#919"""
    laptop.cart.put_in(TEA, 1)
    laptop.cart.put_in(TEA, 1)
    for webhook in reversed(world.webhooks):
        world.deliver(webhook)
    sign_in(laptop)
    for webhook in reversed(world.webhooks * 2):
        world.deliver(webhook)
    assert world.customer_cart(MIRA) == {TEA: 2}


def test_an_order_that_is_told_twice_takes_away_once(world: SimWorld, phone: SimBrowser) -> None:
    """saleor/apps#339"""
    world.order(phone.cart.token, 900, [SnapshotLine(TEA, 1)])
    world.order(phone.cart.token, 900, [SnapshotLine(TEA, 1)])
    assert world.customer_cart(MIRA) == {TEA: 1}
