from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from handcart import Handcart, Settings
from handcart.carts import service as carts
from handcart.carts.model import SnapshotLine
from handcart.carts.sighting import Sighting, split_token
from handcart.pickups import OrderSeen, planning, read_link, service
from handcart.pickups.rules import ProductPrep, StoreRules
from handcart.platform.port import FulfillmentLine, FulfillmentOrder, StockLevel, StoreLocation
from handcart.stock import service as stock
from handcart.stock.rules import StockRules, set_rules
from handcart.storage import metadata
from tests.handcart.web.signed import SHOP, signed_client

TOKEN = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
Ask = Callable[..., Any]


@pytest.fixture
def app(settings: Settings, at: datetime) -> Iterator[Handcart]:
    app = Handcart(settings, clock=lambda: at)
    app.flask.testing = True
    with app.db.writing() as work:
        metadata.create_all(work)
        store = StoreLocation(31, "Harbour", "Quay 4", "", True, True, "Mo-Fr 09:00-19:00")
        stock.mirror(work, SHOP, locations=[store], levels=[StockLevel(701, 501, 31, 6, at)], at=at)
    yield app
    app.close()


@pytest.fixture
def ask(app: Handcart, at: datetime) -> Ask:
    return signed_client(app, at)


@pytest.fixture
def reported(app: Handcart, at: datetime) -> str:
    """The token of a cart that its browser has told us of; the shop wants holds."""
    lines = (SnapshotLine(501, 2, {}, None),)
    sighting = Sighting(*split_token("c1?key=f00"), lines)
    with app.db.writing() as work:
        carts.sync(work, SHOP, sighting, device_id=None, customer_id=None, at=at)
        set_rules(work, SHOP, StockRules(hold_minutes=10), by="staff:7", at=at)
    return "c1?key=f00"


def wanting(cart: str, quantity: int = 2) -> dict[str, Any]:
    line = {"variant_id": 501, "quantity": quantity}
    return {"cart": cart, "location_id": 31, "lines": [line]}


def test_a_checkout_holds_its_goods_and_lets_go_of_them(ask: Ask, reported: str) -> None:
    answer = ask("/proxy/reservation", body=wanting(reported))
    assert (answer.status_code, answer.json) == (200, {"held": True})
    assert ask("/proxy/stock", variant="501").json["locations"][0]["available"] == 4
    answer = ask("/proxy/reservation", body=wanting(reported, 7))
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "stock_short")
    assert ask("/proxy/stock", variant="501").json["locations"][0]["available"] == 4
    for _ in range(2):
        answer = ask("/proxy/reservation/end", body={"cart": reported})
        assert (answer.status_code, answer.json) == (200, {"held": False})
    assert ask("/proxy/stock", variant="501").json["locations"][0]["available"] == 6


def test_a_cart_that_nobody_has_reported_holds_nothing(ask: Ask, reported: str) -> None:
    for path, body in (
        ("/proxy/reservation", wanting("made-up")),
        ("/proxy/reservation/end", {"cart": "made-up"}),
    ):
        answer = ask(path, body=body)
        assert (answer.status_code, answer.json["error"]["code"]) == (409, "report_first")
    answer = ask("/proxy/reservation", body=wanting("c1?key=another"))
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "cart_token_not_yours")


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"cart": "c1"},
        {"cart": "c1", "location_id": 31, "lines": []},
        {"cart": "c1", "location_id": "31", "lines": [{"variant_id": 501, "quantity": 1}]},
        {"cart": "c1", "location_id": 31, "lines": [{"variant_id": 501, "quantity": 0}]},
        {
            "cart": "c1",
            "location_id": 31,
            "slot": "2026-11-23T10:00:00",
            "lines": [{"variant_id": 501, "quantity": 1}],
        },
    ],
)
def test_a_reservation_of_another_shape_is_refused(wrong: Any, ask: Ask, reported: str) -> None:
    answer = ask("/proxy/reservation", body=wrong)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "reservation_not_valid")


def test_stock_is_told_store_by_store(ask: Ask) -> None:
    answer = ask("/proxy/stock", variant="501")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "variant_id": 501,
        "locations": [
            {
                "location_id": 31,
                "name": "Harbour",
                "available": 6,
                "from_elsewhere": 0,
                "opening_hours": "Mo-Fr 09:00-19:00",
            }
        ],
    }
    assert ask("/proxy/stock", variant="502").json["locations"] == []
    assert ask("/proxy/stock", variant="501", shop="other.myshopify.com").json["locations"] == []


@pytest.mark.parametrize("variant", ["", "x", "-1", "5e3", "٥٠١", "9" * 19])
def test_a_variant_that_is_no_number_is_refused(variant: str, ask: Ask) -> None:
    answer = ask("/proxy/stock", variant=variant)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "variant_malformed")


NOTHING = {"url": None, "label": None, "state": None}


def test_what_the_platform_did_not_sign_is_refused(ask: Ask) -> None:
    assert ask("/proxy/stock", variant="501", secret="wrong").status_code == 401
    assert ask("/proxy/pickup", order=TOKEN, secret="wrong").status_code == 401


def test_the_order_token_leads_to_the_signed_page(app: Handcart, ask: Ask, at: datetime) -> None:
    with app.db.writing() as work:
        service.order_seen(work, SHOP, order=order(at), at=at)
    assert ask("/proxy/pickup", order=TOKEN).json == NOTHING
    with app.db.writing() as work:
        service.request_pickup(work, SHOP, fulfillment_order(at), at=at)
    answer = ask("/proxy/pickup", order=TOKEN)
    assert answer.status_code == 200
    assert (answer.json["label"], answer.json["state"]) == ("Follow your pickup", "requested")
    base, _, signed = answer.json["url"].rpartition("/")
    assert base == "http://127.0.0.1:9931/pickup"
    assert read_link(app.keyring, signed, at=at).pickup_id == "9001"
    for locale, spoken in (("fa", "?locale=fa"), ("es-MX", "?locale=es-MX"), ("x&y=1", "")):
        url = ask("/proxy/pickup", order=TOKEN, locale=locale).json["url"]
        link, mark, rest = url.rpartition("/")[2].partition("?")
        assert (read_link(app.keyring, link, at=at).pickup_id, mark + rest) == ("9001", spoken)
    for token in ("", "1001", TOKEN.upper(), TOKEN[:-1]):
        assert ask("/proxy/pickup", order=token).json == NOTHING
    assert ask("/proxy/pickup", order=TOKEN, shop="other.myshopify.com").json == NOTHING


def order(at: datetime) -> OrderSeen:
    return OrderSeen(
        order_id=1001,
        name="#1001",
        order_token=TOKEN,
        customer_id=77,
        customer_name="Mina Sato",
        updated_at=at,
        cancelled_at=None,
        fulfilled=False,
    )


def fulfillment_order(at: datetime) -> FulfillmentOrder:
    return FulfillmentOrder(
        fulfillment_order_id=9001,
        order_id=1001,
        order_name="#1001",
        method="pick_up",
        status="open",
        location_id=31,
        customer_name="Mina Sato",
        customer_id=77,
        covers_order=True,
        updated_at=at,
        lines=(FulfillmentLine(71, 501, "Gyokuro", "GYO", 2),),
    )


def test_slots_are_told_with_the_earliest_moment(app: Handcart, ask: Ask, at: datetime) -> None:
    with app.db.writing() as work:
        rules = StoreRules(prep_minutes=30, slot_minutes=60)
        planning.set_rules(work, SHOP, 31, rules, by="staff:7", at=at)
    told = ask("/proxy/slots", location="31").json
    assert told["location_id"] == 31
    assert told["earliest"] == told["slots"][0] == "2026-11-23T10:00:00+00:00"
    assert len(told["slots"]) == planning.OFFERED


def test_a_product_that_takes_longer_is_promised_later(
    app: Handcart, ask: Ask, at: datetime
) -> None:
    basket = ProductPrep(9, "Gift basket", (501,), 180)
    with app.db.writing() as work:
        rules = StoreRules(prep_minutes=30, product_prep=(basket,))
        planning.set_rules(work, SHOP, 31, rules, by="staff:7", at=at)
    earliest = {
        variant: ask("/proxy/slots", location="31", variant=variant).json["earliest"]
        for variant in ("501", "502")
    }
    assert earliest == {"501": "2026-11-23T12:00:00+00:00", "502": "2026-11-23T09:30:00+00:00"}
    answer = ask("/proxy/slots", location="31", variant="x")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "variant_malformed")


def test_a_store_that_nobody_knows_promises_nothing(ask: Ask) -> None:
    told = ask("/proxy/slots", location="99").json
    assert told == {"location_id": 99, "earliest": None, "slots": []}


@pytest.mark.parametrize("location", ["", "x", "-1", "9" * 40])
def test_a_location_that_is_no_number_is_refused(ask: Ask, location: str) -> None:
    answer = ask("/proxy/slots", location=location)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "location_malformed")
