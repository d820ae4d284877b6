from __future__ import annotations

import json
import re

import pytest

from handcart.localshop import fulfilment, inventory
from handcart.localshop.server import LocalShop
from handcart.localshop.world import Order
from tests.handcart.localshop_web.listening import Browser, Receiver

HTML = {"Accept": "text/html"}
ADDRESS = {
    "delivery": "shipping",
    "email": "guest@example.com",
    "first_name": "Ana",
    "last_name": "Ilieva",
    "address1": "1 Rose St",
    "zip": "1000",
    "city": "Sofia",
}


def fill(browser: Browser, variant_id: int, quantity: int = 2) -> str:
    """Put something into the cart; the bare token."""
    browser.ajax("add", {"items": [{"id": variant_id, "quantity": quantity}]})
    return str(browser.cart()["token"].partition("?")[0])


def sign_in(browser: Browser, email: str = "mira@example.com") -> None:
    page = browser.post("/account/login", data={"email": email, "password": "tea"})
    assert page.status_code == 200


def placed(shop: LocalShop) -> Order:
    [order] = shop.world.orders.values()
    return order


def test_a_signed_in_shopper_orders_for_pickup(
    browser: Browser, shop: LocalShop, receiver: Receiver, stocked: list[int]
) -> None:
    token = fill(browser, stocked[0])
    browser.ajax("update", {"attributes": {"__device": "phone"}, "note": "ring twice"})
    sign_in(browser)
    page = browser.get("/checkout")
    assert 'value="mira@example.com"' in page.text
    place = next(iter(shop.world.locations))
    item = shop.world.variants[stocked[0]].inventory_item_id
    before = shop.world.levels[item, place].available
    page = browser.post(
        "/checkout", data={"email": "mira@example.com", "delivery": "pickup", "location": place}
    )
    order = placed(shop)
    assert page.url.endswith(f"/orders/{order.token}")
    assert "Thank you, Mira" in page.text
    assert shop.world.locations[place].name in page.text
    mira = shop.world.customer_by_email("mira@example.com")
    assert mira is not None
    assert (order.customer_id, order.cart_token, order.note) == (mira.id, token, "ring twice")
    assert order.note_attributes == (("__device", "phone"),)
    [part] = shop.world.fulfillment_orders_of(order.id)
    assert (part.method, part.location_id) == ("PICK_UP", place)
    assert shop.world.levels[item, place].available == before - 2
    assert shop.deliveries.flush(5)
    [got] = receiver.webhooks("orders/create")
    assert (got.json["cart_token"], got.headers["X-Shopify-Order-Id"]) == (token, str(order.id))
    assert got.json["note_attributes"] == [{"name": "__device", "value": "phone"}]


def test_the_cart_is_gone_and_the_next_one_has_another_token(
    browser: Browser, shop: LocalShop, stocked: list[int]
) -> None:
    token = fill(browser, stocked[0])
    browser.post("/checkout", data=ADDRESS)
    assert token not in shop.world.carts
    assert browser.lines() == []
    assert browser.cart()["token"].partition("?")[0] != token


def test_a_guest_has_it_shipped(browser: Browser, shop: LocalShop, stocked: list[int]) -> None:
    fill(browser, stocked[0])
    browser.post("/checkout", data=ADDRESS)
    order = placed(shop)
    assert order.customer_id is None
    assert order.shipping_address is not None
    assert order.shipping_address.name == "Ana Ilieva"
    assert [one.method for one in shop.world.fulfillment_orders_of(order.id)] == ["SHIPPING"]


def test_pressing_the_button_twice_buys_once(
    browser: Browser, shop: LocalShop, stocked: list[int]
) -> None:
    fill(browser, stocked[0])
    found = re.search(r'name="checkout" value="(\w+)"', browser.get("/checkout").text)
    assert found is not None
    first = browser.post("/checkout", data={**ADDRESS, "checkout": found[1]})
    second = browser.post("/checkout", data={**ADDRESS, "checkout": found[1]})
    assert first.url == second.url
    assert len(shop.world.orders) == 1


@pytest.mark.parametrize("missing", ["email", "first_name", "last_name", "address1", "zip", "city"])
def test_what_is_missing_is_marked_and_what_was_filled_in_stays(
    browser: Browser, shop: LocalShop, stocked: list[int], missing: str
) -> None:
    fill(browser, stocked[0])
    page = browser.post("/checkout", data={**ADDRESS, missing: " "})
    assert page.status_code == 422
    assert f'aria-describedby="{missing}-wrong"' in page.text
    kept = "Ana" if missing != "first_name" else "Ilieva"
    assert f'value="{kept}"' in page.text
    assert shop.world.orders == {}
    assert browser.lines() == [(stocked[0], 2)]


@pytest.mark.parametrize("location", ["", "x", "1", "99999999999999999999999"])
def test_a_place_that_offers_no_pickup_is_refused(
    browser: Browser, shop: LocalShop, stocked: list[int], location: str
) -> None:
    fill(browser, stocked[0])
    form = {"email": "a@example.com", "delivery": "pickup", "location": location}
    assert browser.post("/checkout", data=form).status_code == 422
    assert shop.world.orders == {}


def test_a_counter_without_the_goods_cannot_be_chosen_and_says_what_it_lacks(
    browser: Browser, shop: LocalShop, stocked: list[int]
) -> None:
    first = next(iter(shop.world.locations))
    item = shop.world.variants[stocked[0]].inventory_item_id
    inventory.set_quantity(shop.world, item, first, 1)
    fill(browser, stocked[0])
    page = browser.get("/checkout").text
    assert re.search(rf'name="location" value="{first}" disabled', page)
    assert "Not in stock here: " in page
    form = {"email": "a@example.com", "delivery": "pickup", "location": first}
    assert browser.post("/checkout", data=form).status_code == 422
    assert shop.world.orders == {}


def test_an_empty_cart_has_no_checkout(browser: Browser) -> None:
    assert browser.get("/checkout").url.endswith("/cart")
    assert browser.post("/checkout", data=ADDRESS).url.endswith("/cart")


def test_the_order_page_tells_how_far_it_is(
    browser: Browser, shop: LocalShop, stocked: list[int]
) -> None:
    fill(browser, stocked[0])
    place = next(iter(shop.world.locations))
    form = {"email": "a@example.com", "delivery": "pickup", "location": place}
    page = browser.post("/checkout", data=form)
    path = page.url.removeprefix(shop.url)
    assert "Confirmed" in page.text
    [part] = shop.world.fulfillment_orders.values()
    fulfilment.prepare_for_pickup(shop.world, part.id)
    assert "Ready for pickup" in browser.get(path).text
    fulfilment.fulfil(shop.world, part.id)
    assert "Picked up" in browser.get(path).text
    assert browser.get("/orders/unknown").status_code == 404


def test_signing_out_keeps_the_cart_and_forgets_the_customer(
    browser: Browser, stocked: list[int]
) -> None:
    fill(browser, stocked[0])
    sign_in(browser)
    assert "Hello, Mira" in browser.get("/account").text
    browser.post("/account/logout")
    assert browser.get("/account").url.endswith("/account/login")
    assert browser.lines() == [(stocked[0], 2)]


def test_a_wrong_password_and_a_forged_cookie_are_nobody(browser: Browser) -> None:
    for email, password in (("mira@example.com", "coffee"), ("nobody@example.com", "")):
        page = browser.post("/account/login", data={"email": email, "password": password})
        assert (page.status_code, "Incorrect email" in page.text) == (401, True)
    browser.cookies.set("_shop_customer", "7300000000001.forged")
    assert browser.get("/account").url.endswith("/account/login")


def test_signing_in_leads_back_only_inside_the_shop(browser: Browser) -> None:
    def after(back: str) -> str:
        form = {"email": "mira@example.com", "password": "tea", "return_url": back}
        answer = browser.post("/account/login", data=form, allow_redirects=False)
        return answer.headers["Location"]

    assert after("/checkout") == "/checkout"
    assert after("https://evil.example.com") == "/account"
    assert after("//evil.example.com") == "/account"


def test_a_permalink_fills_the_cart(browser: Browser, stocked: list[int]) -> None:
    page = browser.get(f"/cart/{stocked[0]}:2,{stocked[1]}:1?storefront=true")
    assert page.url.endswith("/cart")
    assert sorted(browser.lines()) == sorted([(stocked[0], 2), (stocked[1], 1)])
    assert browser.get("/cart/nonsense").status_code == 404


def test_an_order_says_in_which_language_it_was_bought(
    browser: Browser, shop: LocalShop, receiver: Receiver, stocked: list[int]
) -> None:
    for locale in ("en", "fa"):
        fill(browser, stocked[0], 1)
        browser.get(f"/cart?locale={locale}")
        browser.post("/checkout", data=ADDRESS)
    assert [order.locale for order in shop.world.orders.values()] == ["en", "fa"]
    shop.deliveries.flush(timeout=30)
    told = [json.loads(got.body)["customer_locale"] for got in receiver.webhooks("orders/create")]
    assert sorted(told) == ["en", "fa"]
