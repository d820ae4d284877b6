from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from handcart.carts.sales import sale_token
from handcart.carts.service import order_placed
from handcart.carts.snapshot import SnapshotLine
from handcart.keys import Keyring
from handcart.platform.port import FoundCustomer
from handcart.settings import Settings
from handcart.shops import service as shops
from handcart.shops.model import Tokens
from handcart.storage import Database
from handcart.web import carts, extensions, handoff, till
from handcart.web.errors import answer_errors

from .test_carts_door import App as CartApp
from .test_carts_door import report, send, signed
from .test_extensions import CORS, Grants, bearing

TEA, POT, MIRA = 44, 45, 7
ENGRAVED = {"Engraving": "Mira"}


@dataclass
class Shop:
    """A platform that knows one customer."""

    asked: list[str] = field(default_factory=list)

    def customers(self, words: str) -> Sequence[FoundCustomer]:
        self.asked.append(words)
        return [FoundCustomer(MIRA, "Mira Petrova", "mira@example.com", "")]


class App(CartApp):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.grants, self.shop = Grants(), Shop()

    def platform(self, shop: str) -> Shop:
        return self.shop


@pytest.fixture
def app(settings: Settings, db: Database, keyring: Keyring, at: datetime) -> App:
    tokens = Tokens("shpat_of_the_test", "", expires_at=None)
    with db.writing() as work:
        shops.install(work, "juniper-tea.myshopify.com", tokens=tokens, keyring=keyring, at=at)
    return App(settings, db, keyring, at)


@pytest.fixture
def client(app: App) -> Any:
    flask = Flask("test")
    flask.extensions["handcart"] = app
    answer_errors(flask)
    for door in (carts, handoff, extensions, till):
        flask.register_blueprint(door.blueprint)
    with flask.test_client() as client:
        yield client


@pytest.fixture
def ask(client: FlaskClient, at: datetime) -> Any:
    return lambda path, **body: client.post(f"/till/{path}", json=body, headers=bearing(at))


def mirasphone(client: FlaskClient, at: datetime, *lines: dict[str, Any], read_at: int = 1) -> Any:
    query = signed(at, customer=str(MIRA))
    return send(client, query, report(*lines, read_at=read_at)).get_json()


LINES = (
    {"variant_id": TEA, "quantity": 2, "title": "Tea", "price": 990},
    {"variant_id": POT, "quantity": 1, "properties": ENGRAVED},
)


def test_staff_find_a_customer_by_words(app: App, ask: Any) -> None:
    answer = ask("customers", words="mira pet")
    mira = {"id": MIRA, "name": "Mira Petrova", "email": "mira@example.com", "phone": ""}
    assert answer.get_json() == {"customers": [mira]}
    assert app.shop.asked == ["mira pet"]
    assert {name: answer.headers.get(name) for name in CORS} == CORS


def test_a_customers_cart_comes_with_what_ties_the_sale_back(
    client: FlaskClient, ask: Any, at: datetime, app: App
) -> None:
    mirasphone(client, at, *LINES)
    cart = ask("cart", customer_id=MIRA).get_json()
    assert cart["customer_id"] == MIRA
    lines = {one["variant_id"]: (one["quantity"], one["properties"]) for one in cart["lines"]}
    assert lines == {TEA: (2, {}), POT: (1, ENGRAVED)}
    token = sale_token(cart["attributes"])
    assert token == f"till:{cart['sale']}"
    with app.db.writing() as work:
        sold = [SnapshotLine(TEA, 2)]
        shop = "juniper-tea.myshopify.com"
        order_placed(work, shop, cart_token=token, order_id=1, lines=sold, at=at)
    answer = mirasphone(client, at, *LINES, read_at=2)
    assert answer["write"]["set"] == [{"index": 0, "quantity": 0}]


def test_the_code_on_a_guests_screen_opens_their_cart_for_these_staff(
    client: FlaskClient, ask: Any, at: datetime
) -> None:
    send(client, signed(at), report(*LINES))
    offer = client.post(
        f"/proxy/handoff?{signed(at)}", json={"token": "abc?key=secret", "page": "https://s.ex/"}
    ).get_json()
    for _ in range(2):
        cart = ask("cart", code=offer["code"]).get_json()
        assert (cart["customer_id"], len(cart["lines"])) == (None, 2)
    other = client.post(
        "/till/cart", json={"code": offer["code"]}, headers=bearing(at, sub="43")
    ).get_json()
    assert other["error"]["code"] == "handoff_used"


def test_what_was_begun_at_the_till_goes_to_a_phone_by_a_link(
    client: FlaskClient, ask: Any, at: datetime
) -> None:
    lines = [
        {"variant_id": TEA, "quantity": 2, "title": "Tea"},
        {"variant_id": POT, "quantity": 1, "properties": ENGRAVED},
    ]
    made = ask("phone", lines=lines).get_json()
    assert (made["kept"], made["seconds"]) == (False, 1800)
    assert made["qr"].startswith("data:image/png;base64,")
    page, _, secret = made["link"].partition("#handcart=")
    assert page == "https://juniper-tea.myshopify.com/"
    body = {"token": "phone?key=k", "secret": secret}
    claimed = client.post(f"/proxy/handoff/claim?{signed(at)}", json=body).get_json()
    assert claimed["state"] == "given"
    more = {"token": "phone?key=k", "device": claimed["device"]}
    answer = send(client, signed(at), {**report(), **more}).get_json()
    wanted = {(one["variant_id"], one["quantity"]) for one in answer["write"]["add"]}
    assert wanted == {(TEA, 2), (POT, 1)}


def test_a_basket_that_came_from_a_cart_goes_back_into_it(
    client: FlaskClient, ask: Any, at: datetime
) -> None:
    mirasphone(client, at, *LINES)
    sale = ask("cart", customer_id=MIRA).get_json()["sale"]
    changed = [{"variant_id": TEA, "quantity": 1}, {"variant_id": 46, "quantity": 1}]
    assert ask("phone", lines=changed, sale=sale).get_json() == {"kept": True}
    answer = mirasphone(client, at, *LINES, read_at=2)
    held = {(one["variant_id"], one["quantity"]) for one in answer["lines"]}
    assert held == {(TEA, 1), (46, 1)}
    unknown = ask("phone", lines=changed, sale="0" * 32)
    assert (unknown.status_code, unknown.get_json()["error"]["code"]) == (404, "sale_unknown")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("customers", {}),
        ("customers", {"words": 3}),
        ("customers", {"words": "x" * 101}),
        ("customers", {"words": "\x00"}),
        ("cart", {}),
        ("cart", {"code": "abc", "customer_id": 3}),
        ("cart", {"code": "a b"}),
        ("cart", {"customer_id": 2**63}),
        ("cart", {"customer_id": "7"}),
        ("phone", {}),
        ("phone", {"lines": [{"variant_id": 1, "quantity": 0}]}),
        ("phone", {"lines": [{"variant_id": 1, "quantity": 1, "title": "\ud800"}]}),
        ("phone", {"lines": [{"variant_id": 1, "quantity": 1}], "sale": "abc"}),
    ],
)
def test_what_no_till_sends_is_refused(ask: Any, path: str, body: dict[str, Any]) -> None:
    answer = ask(path, **body)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "till_not_valid")


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 50_000, b"\xff"])
def test_what_is_no_json_is_refused(client: FlaskClient, at: datetime, body: bytes) -> None:
    for path in ("customers", "cart", "phone"):
        answer = client.post(f"/till/{path}", data=body, headers=bearing(at))
        assert answer.status_code == 400


def test_a_cart_that_is_not_there_is_not_found(ask: Any) -> None:
    assert ask("cart", customer_id=8).status_code == 404
    assert ask("cart", code="x" * 27).status_code == 404
    nothing = ask("phone", lines=[])
    assert (nothing.status_code, nothing.get_json()["error"]["code"]) == (409, "cart_empty")


@pytest.mark.parametrize("path", ["customers", "cart", "phone"])
def test_only_staff_of_the_shop_get_in(client: FlaskClient, at: datetime, path: str) -> None:
    assert client.post(f"/till/{path}", json={}).status_code == 401
    wrong = client.post(f"/till/{path}", json={}, headers=bearing(at, secret="not ours"))
    assert wrong.status_code == 401
    asked = client.options(f"/till/{path}")
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, "*")
