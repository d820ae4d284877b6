from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from handcart.localshop import inventory
from handcart.localshop.server import LocalShop
from handcart.platform.shopify.verify import verify_id_token
from tests.handcart.localshop_web.listening import Browser, Receiver


@pytest.fixture
def till(browser: Browser, shop: LocalShop) -> Browser:
    place = next(iter(shop.world.locations))
    browser.post("/pos/sign-in", data={"location": place, "pin": "1111"})
    return browser


def test_a_sale_lowers_the_stock_here_at_once_and_tells_the_app(
    till: Browser, shop: LocalShop, receiver: Receiver, stocked: list[int]
) -> None:
    place, other = list(shop.world.locations)[:2]
    before = {one: inventory.available(shop.world, stocked[0], one) for one in (place, other)}
    mira = shop.world.customer_by_email("mira@example.com")
    assert mira is not None
    sale = {"lines": [{"variant_id": stocked[0], "quantity": 2}], "customer_id": mira.id}
    answer = till.post("/pos/sales", json=sale)
    assert answer.status_code == 201
    left = {one["variant_id"]: one["here"] for one in answer.json()["products"]}
    assert left[stocked[0]] == before[place] - 2
    assert inventory.available(shop.world, stocked[0], other) == before[other]
    assert shop.deliveries.flush(5)
    [level] = receiver.webhooks("inventory_levels/update")
    assert (level.json["location_id"], level.json["available"]) == (place, before[place] - 2)
    [order] = receiver.webhooks("orders/create")
    assert (order.json["source_name"], order.json["cart_token"]) == ("pos", None)
    assert (order.json["location_id"], order.json["customer"]["id"]) == (place, mira.id)


def test_the_till_asks_for_a_known_pin(browser: Browser, shop: LocalShop) -> None:
    place = next(iter(shop.world.locations))
    page = browser.post("/pos/sign-in", data={"location": place, "pin": "0000"})
    assert (page.status_code, "not known" in page.text) == (401, True)
    for path in ("/pos/products.json", "/pos/customers.json?q=mira"):
        assert browser.get(path).status_code == 403
    assert browser.post("/pos/sales", json={"lines": []}).status_code == 403
    assert shop.world.orders == {}


def test_closing_the_till_ends_it(till: Browser) -> None:
    assert "Basket" in till.get("/pos").text
    till.post("/pos/sign-out")
    assert "Staff PIN" in till.get("/pos").text


def test_a_program_sells_with_location_and_pin(
    browser: Browser, shop: LocalShop, stocked: list[int]
) -> None:
    place = list(shop.world.locations)[1]
    sale = {"lines": [{"variant_id": stocked[0]}], "location_id": place, "pin": "2222"}
    assert browser.post("/pos/sales", json=sale).status_code == 201
    [order] = shop.world.orders.values()
    assert (order.location_id, order.lines[0].quantity) == (place, 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (None, 400),
        ([], 400),
        ({}, 400),
        ({"lines": []}, 400),
        ({"lines": [7]}, 400),
        ({"lines": [{"variant_id": "x"}]}, 400),
        ({"lines": [{"variant_id": 1}]}, 404),
        ({"lines": [{"variant_id": 44_100_000_000_001, "quantity": 0}]}, 400),
        ({"lines": [{"variant_id": 44_100_000_000_001}], "customer_id": 3}, 404),
    ],
)
def test_a_sale_that_makes_no_sense_sells_nothing(
    till: Browser, shop: LocalShop, body: Any, status: int
) -> None:
    assert till.post("/pos/sales", json=body).status_code == status
    assert shop.world.orders == {}


@pytest.mark.parametrize(
    "words", ["mira@example.com", "petrova mira", "0888555", "88 555 0111", "MIRA"]
)
def test_a_customer_is_found_by_mail_name_or_phone(till: Browser, words: str) -> None:
    found = till.get("/pos/customers.json", params={"q": words}).json()["customers"]
    names = [one["name"] for one in found]
    assert names == ["Mira Petrova"] if words != "0888555" else names == []


def test_nobody_is_found_by_nothing(till: Browser) -> None:
    assert till.get("/pos/customers.json?q=").json() == {"customers": []}


def test_products_are_narrowed_down_by_words(till: Browser) -> None:
    found = till.get("/pos/products.json?q=linden 100").json()["products"]
    assert [one["sku"] for one in found] == ["LIN-100"]


def test_a_sale_keeps_the_attributes_of_the_basket_and_the_properties_of_its_lines(
    till: Browser, shop: LocalShop, receiver: Receiver, stocked: list[int]
) -> None:
    engraved = {"variant_id": stocked[0], "properties": {"Engraving": "Mira"}}
    sale = {"lines": [engraved], "attributes": {"_sale": "7"}}
    assert till.post("/pos/sales", json=sale).status_code == 201
    assert shop.deliveries.flush(5)
    [order] = receiver.webhooks("orders/create")
    assert order.json["note_attributes"] == [{"name": "_sale", "value": "7"}]
    [line] = order.json["line_items"]
    assert line["properties"] == [{"name": "Engraving", "value": "Mira"}]


@pytest.mark.parametrize("given", [[], "x", {"a": 1}, {"a": None}])
def test_attributes_and_properties_are_texts(till: Browser, stocked: list[int], given: Any) -> None:
    line = {"variant_id": stocked[0]}
    for body in (
        {"lines": [line], "attributes": given},
        {"lines": [{**line, "properties": given}]},
    ):
        assert till.post("/pos/sales", json=body).status_code == 400


def test_the_token_of_a_session_is_of_who_signed_in(till: Browser, shop: LocalShop) -> None:
    token = till.get("/pos/session-token.json").json()["token"]
    verdict = verify_id_token(
        token,
        api_key=shop.app.client_id,
        secrets=[shop.app.client_secret],
        at=datetime.now(UTC),
    )
    staff = next(one for one in shop.world.staff.values() if one.pin == "1111")
    assert (verdict.reason, verdict.user_id) == ("ok", staff.id)


def test_who_is_not_signed_in_or_has_no_app_gets_no_token(
    browser: Browser, till: Browser, shop: LocalShop
) -> None:
    till.post("/pos/sign-out")
    assert till.get("/pos/session-token.json").status_code == 403
    shop.world.grants.clear()
    till.post("/pos/sign-in", data={"location": min(shop.world.locations), "pin": "1111"})
    assert till.get("/pos/session-token.json").status_code == 404
    assert "The shopper's cart" not in till.get("/pos").text
