"""The Ajax Cart API over HTTP, call by call."""

from __future__ import annotations

from typing import Any

import pytest

from handcart.localshop import inventory
from handcart.localshop.server import LocalShop
from tests.handcart.localshop_web.listening import Browser, Receiver

CART_KEYS = {
    "token",
    "note",
    "attributes",
    "original_total_price",
    "total_price",
    "total_discount",
    "total_weight",
    "item_count",
    "items",
    "requires_shipping",
    "currency",
    "items_subtotal_price",
    "cart_level_discount_applications",
    "discount_codes",
}
ITEM_KEYS = {
    "id",
    "properties",
    "quantity",
    "variant_id",
    "key",
    "title",
    "price",
    "original_price",
    "discounted_price",
    "line_price",
    "original_line_price",
    "total_discount",
    "discounts",
    "sku",
    "grams",
    "vendor",
    "taxable",
    "product_id",
    "product_has_only_default_variant",
    "gift_card",
    "final_price",
    "final_line_price",
    "url",
    "featured_image",
    "image",
    "handle",
    "requires_shipping",
    "product_type",
    "product_title",
    "product_description",
    "variant_title",
    "variant_options",
    "options_with_values",
    "line_level_discount_allocations",
    "line_level_total_discount",
    "has_components",
    "presentment_price",
}


def said(shop: LocalShop, receiver: Receiver) -> list[tuple[str, Any]]:
    """The cart webhooks so far, in the order of the shop's log: topic and lines."""
    assert shop.deliveries.flush(5)
    by_id = {got.webhook_id: got for got in receiver.webhooks()}
    sent = [by_id[each.webhook_id] for each in reversed(shop.deliveries.log())]
    return [
        (got.topic, [(one["variant_id"], one["quantity"]) for one in got.json["line_items"]])
        for got in sent
        if got.topic.startswith("carts/")
    ]


def test_a_cart_has_every_key_of_the_real_one_in_minor_units(
    browser: Browser, stocked: list[int], shop: LocalShop
) -> None:
    browser.ajax("add", {"items": [{"id": stocked[0], "quantity": 2}]})
    cart = browser.cart()
    [item] = cart["items"]
    price = shop.world.variants[stocked[0]].price
    assert set(cart) == CART_KEYS
    assert set(item) == ITEM_KEYS
    assert (item["price"], item["line_price"], cart["total_price"]) == (price, 2 * price, 2 * price)
    assert isinstance(cart["total_price"], int)
    assert (cart["item_count"], cart["currency"], cart["note"]) == (2, "EUR", None)
    variant, _, digest = item["key"].partition(":")
    assert (variant, len(digest)) == (str(stocked[0]), 32)


def test_the_token_and_the_cookie_carry_the_key_and_webhooks_do_not(
    browser: Browser, stocked: list[int], shop: LocalShop, receiver: Receiver
) -> None:
    response = browser.ajax("add", {"items": [{"id": stocked[0]}]})
    token = browser.cart()["token"]
    bare, _, key = token.partition("?key=")
    assert browser.cookies["cart"].strip('"') == token
    assert "Max-Age=1209600" in response.headers["Set-Cookie"]
    assert len(key) == 32
    assert shop.deliveries.flush(5)
    [got] = receiver.webhooks("carts/create")
    assert (got.json["id"], got.json["token"]) == (bare, bare)
    assert "customer" not in got.json
    assert "attributes" not in got.json


def test_a_token_without_its_key_opens_nothing(
    browser: Browser, stocked: list[int], shop: LocalShop
) -> None:
    browser.ajax("add", {"items": [{"id": stocked[0]}]})
    bare = browser.cart()["token"].partition("?")[0]
    with Browser(shop) as thief:
        for stolen in (bare, f"{bare}?key=", f"{bare}?key={'0' * 32}"):
            thief.cookies.set("cart", stolen)
            assert thief.cart()["items"] == []
            thief.cookies.clear()


def test_add_unites_equal_lines_and_keeps_unequal_ones_apart_newest_first(
    browser: Browser, stocked: list[int]
) -> None:
    one, other = stocked[:2]
    browser.ajax("add", {"items": [{"id": one}]})
    browser.ajax("add", {"items": [{"id": other}]})
    browser.ajax("add", {"items": [{"id": one, "properties": {"For": "Ana", "_gift": "1"}}]})
    browser.ajax("add", {"items": [{"id": one, "quantity": 2}]})
    shown = [
        (line["variant_id"], line["quantity"], line["properties"])
        for line in browser.cart()["items"]
    ]
    assert shown == [(one, 1, {"For": "Ana", "_gift": "1"}), (other, 1, {}), (one, 3, {})]


def test_add_answers_with_the_lines_it_touched(browser: Browser, stocked: list[int]) -> None:
    answer = browser.ajax("add", {"items": [{"id": stocked[0]}, {"id": stocked[1], "quantity": 2}]})
    assert [(one["id"], one["quantity"]) for one in answer.json()["items"]] == [
        (stocked[0], 1),
        (stocked[1], 2),
    ]
    single = browser.ajax("add", {"id": stocked[0], "quantity": 1}).json()
    assert (single["id"], single["quantity"]) == (stocked[0], 2)


@pytest.mark.parametrize(
    "form",
    [
        {"id": "{0}", "quantity": "2", "properties[For]": "Ana"},
        {"items[0][id]": "{0}", "items[0][quantity]": "2", "items[0][properties][For]": "Ana"},
    ],
)
def test_a_form_says_the_same_as_json(
    browser: Browser, stocked: list[int], form: dict[str, str]
) -> None:
    filled = {name: text.format(stocked[0]) for name, text in form.items()}
    assert browser.post("/cart/add.js", data=filled).status_code == 200
    [line] = browser.cart()["items"]
    assert (line["quantity"], line["properties"]) == (2, {"For": "Ana"})


@pytest.mark.parametrize(
    ("call", "body", "status", "expected"),
    [
        (
            "add",
            {"items": [{"id": 1}]},
            404,
            {"status": 404, "message": "Cart Error", "description": "Cannot find variant"},
        ),
        (
            "update",
            {"updates": {"1": 2}},
            404,
            {"status": 404, "message": "Cart Error", "description": "Cannot find variant"},
        ),
        (
            "change",
            {"quantity": 1},
            400,
            {
                "status": "bad_request",
                "message": "no valid id or line parameter",
                "description": "no valid id or line parameter",
            },
        ),
        (
            "change",
            {"line": 9, "quantity": 1},
            400,
            {
                "status": "bad_request",
                "message": "no valid id or line parameter",
                "description": "no valid id or line parameter",
            },
        ),
        (
            "add",
            {"items": [{"quantity": 1}]},
            400,
            {
                "status": "bad_request",
                "message": "Parameter Missing or Invalid",
                "description": "Required parameter missing or invalid: items",
            },
        ),
        (
            "update",
            {"updates": {}, "sections": "header"},
            501,
            {
                "status": 501,
                "message": "Not Implemented",
                "description": "The local shop does not render sections.",
            },
        ),
    ],
)
def test_an_error_has_the_platforms_status_and_body(
    browser: Browser, call: str, body: Any, status: int, expected: Any
) -> None:
    answer = browser.ajax(call, body)
    assert (answer.status_code, answer.json()) == (status, expected)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"x"',
        b'{"items": [7]}',
        b'{"items": [{"id": "x"}]}',
        b'{"items": [{"id": {}}]}',
        b'{"id": true}',
        b'{"id": 1e400}',
        b"\xff\xfe",
        b'{"id": "' + b"9" * 500 + b'"}',
    ],
)
@pytest.mark.parametrize("call", ["add", "change", "update"])
def test_nonsense_is_a_client_error_and_changes_nothing(
    browser: Browser, call: str, body: bytes
) -> None:
    answer = browser.post(
        f"/cart/{call}.js", data=body, headers={"Content-Type": "application/json"}
    )
    # An object without "updates" is an update of nothing.
    assert 400 <= answer.status_code < 500 or (call == "update" and body.startswith(b'{"i'))
    assert browser.lines() == []


def only(shop: LocalShop, variant_id: int, left: int) -> None:
    """Leave ``left`` units of a variant, all at one location."""
    item = shop.world.variants[variant_id].inventory_item_id
    for number, place in enumerate(shop.world.locations):
        inventory.set_quantity(shop.world, item, place, 0 if number else left)


def test_add_takes_what_there_is_and_says_that_it_was_less(
    browser: Browser, stocked: list[int], shop: LocalShop
) -> None:
    only(shop, stocked[0], 3)
    answer = browser.ajax("add", {"items": [{"id": stocked[0], "quantity": 5}]})
    assert (answer.status_code, answer.json()) == (
        422,
        {
            "status": 422,
            "message": "Cart Error",
            "description": "Only 3 items were added to your cart.",
        },
    )
    assert browser.lines() == [(stocked[0], 3)]
    again = browser.ajax("add", {"items": [{"id": stocked[0]}]})
    assert again.status_code == 422
    assert again.json()["description"] == (
        "The maximum quantity of this item is already in your cart."
    )
    assert browser.lines() == [(stocked[0], 3)]


def test_several_items_are_added_all_or_none(
    browser: Browser, stocked: list[int], shop: LocalShop
) -> None:
    only(shop, stocked[1], 1)
    items = [{"id": stocked[0]}, {"id": stocked[1], "quantity": 2}]
    assert browser.ajax("add", {"items": items}).status_code == 422
    assert browser.lines() == []


def test_what_is_sold_out_says_so(browser: Browser, stocked: list[int], shop: LocalShop) -> None:
    only(shop, stocked[0], 0)
    answer = browser.ajax("add", {"items": [{"id": stocked[0]}]})
    assert (answer.status_code, browser.lines()) == (422, [])
    assert answer.json()["description"].endswith("is already sold out.")


def test_change_asks_the_stock_when_it_grows_and_never_when_it_shrinks(
    browser: Browser, stocked: list[int], shop: LocalShop
) -> None:
    browser.ajax("add", {"items": [{"id": stocked[0], "quantity": 3}]})
    only(shop, stocked[0], 1)
    assert browser.ajax("change", {"id": stocked[0], "quantity": 4}).status_code == 422
    assert browser.lines() == [(stocked[0], 3)]
    assert browser.ajax("change", {"id": stocked[0], "quantity": 2}).status_code == 200
    assert browser.lines() == [(stocked[0], 2)]
    assert browser.ajax("change", {"id": stocked[0], "quantity": 0}).status_code == 200
    assert browser.lines() == []


def test_update_does_not_ask_the_stock(
    browser: Browser, stocked: list[int], shop: LocalShop
) -> None:
    only(shop, stocked[0], 1)
    assert browser.ajax("update", {"updates": {str(stocked[0]): 50}}).status_code == 200
    assert browser.lines() == [(stocked[0], 50)]


def test_update_by_variant_by_key_and_by_position(browser: Browser, stocked: list[int]) -> None:
    one, other = stocked[:2]
    browser.ajax("add", {"items": [{"id": one}, {"id": other}]})
    keys = {line["variant_id"]: line["key"] for line in browser.cart()["items"]}
    browser.ajax("update", {"updates": {str(one): 2, keys[other]: 3}})
    assert browser.lines() == [(other, 3), (one, 2)]
    browser.ajax("update", {"updates": [0, 4]})
    assert browser.lines() == [(one, 4)]


def test_update_sets_note_and_attributes_and_ends_them(browser: Browser) -> None:
    browser.ajax("update", {"note": "soon", "attributes": {"gift": "yes", "__x": "1"}})
    cart = browser.cart()
    assert (cart["note"], cart["attributes"]) == ("soon", {"gift": "yes", "__x": "1"})
    browser.ajax("update", {"note": "", "attributes": {"gift": None}})
    cart = browser.cart()
    assert (cart["note"], cart["attributes"]) == (None, {"__x": "1"})


def test_change_by_key_by_variant_and_by_line_and_properties_replace(
    browser: Browser, stocked: list[int]
) -> None:
    browser.ajax("add", {"items": [{"id": stocked[0], "properties": {"For": "Ana", "Why": "x"}}]})
    before = browser.cart()["items"][0]["key"]
    browser.ajax("change", {"id": before, "quantity": 2, "properties": {"For": "Eva"}})
    [line] = browser.cart()["items"]
    assert (line["quantity"], line["properties"]) == (2, {"For": "Eva"})
    assert line["key"] != before
    assert browser.ajax("change", {"id": before, "quantity": 9}).status_code == 400
    browser.ajax("change", {"line": 1, "quantity": 3})
    browser.ajax("change", {"id": str(stocked[0]), "quantity": 4})
    assert browser.lines() == [(stocked[0], 4)]


def test_lines_that_become_equal_become_one(browser: Browser, stocked: list[int]) -> None:
    browser.ajax("add", {"items": [{"id": stocked[0]}]})
    browser.ajax("add", {"items": [{"id": stocked[0], "properties": {"For": "Ana"}}]})
    browser.ajax("change", {"line": 1, "properties": {}})
    assert browser.lines() == [(stocked[0], 2)]


def test_clear_takes_the_lines_and_leaves_note_and_attributes(
    browser: Browser, stocked: list[int]
) -> None:
    browser.ajax("add", {"items": [{"id": stocked[0]}]})
    browser.ajax("update", {"note": "n", "attributes": {"a": "b"}})
    cart = browser.ajax("clear").json()
    assert (cart["items"], cart["note"], cart["attributes"]) == ([], "n", {"a": "b"})


def test_one_event_for_each_change_and_none_for_a_call_that_changes_nothing(
    browser: Browser, stocked: list[int], shop: LocalShop, receiver: Receiver
) -> None:
    one = stocked[0]
    browser.cart()
    browser.ajax("clear")
    browser.ajax("update", {"updates": {}})
    assert said(shop, receiver) == []
    browser.ajax("add", {"items": [{"id": one}, {"id": stocked[1]}]})
    browser.ajax("update", {"updates": {str(one): 1}})
    browser.ajax("change", {"id": one, "quantity": 1})
    browser.ajax("change", {"id": one, "quantity": 2})
    browser.ajax("change", {"id": one, "quantity": 10_000})
    browser.ajax("clear")
    browser.ajax("clear")
    lines = [(stocked[1], 1), (one, 2)]
    heard = said(shop, receiver)
    assert heard[:2] == [("carts/create", [(stocked[1], 1), (one, 1)]), ("carts/update", lines)]
    assert [topic for topic, _ in heard] == ["carts/create", *["carts/update"] * 3]
    assert heard[-1] == ("carts/update", [])


def test_a_plain_form_leads_back_to_the_cart_page(browser: Browser, stocked: list[int]) -> None:
    page = browser.post(
        "/cart/add", data={"id": stocked[0]}, headers={"Accept": "text/html"}, allow_redirects=False
    )
    assert (page.status_code, page.headers["Location"]) == (303, "/cart")
    page = browser.post(
        "/cart",
        data={"updates[]": "3", "note": "", "update": "1"},
        headers={"Accept": "text/html"},
        allow_redirects=False,
    )
    assert (page.status_code, browser.lines()) == (303, [(stocked[0], 3)])
    page = browser.post(
        "/cart",
        data={"updates[]": "3", "checkout": "1"},
        headers={"Accept": "text/html"},
        allow_redirects=False,
    )
    assert page.headers["Location"] == "/checkout"


def test_a_form_cannot_lead_away_from_the_shop(browser: Browser, stocked: list[int]) -> None:
    for there in ("https://evil.example.com/", "//evil.example.com", "/\\evil.example.com"):
        page = browser.post(
            "/cart/add",
            data={"id": stocked[0], "return_to": there},
            headers={"Accept": "text/html"},
            allow_redirects=False,
        )
        assert page.headers["Location"] == "/cart"


def test_another_site_cannot_change_a_cart(browser: Browser, stocked: list[int]) -> None:
    answer = browser.post(
        "/cart/add.js", data={"id": stocked[0]}, headers={"Origin": "https://evil.example.com"}
    )
    assert answer.status_code == 403
    assert browser.lines() == []


def test_another_name_for_this_machine_gets_nothing(browser: Browser) -> None:
    assert browser.get("/cart.js", headers={"Host": "evil.example.com"}).status_code == 421
