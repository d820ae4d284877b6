from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from flask import Blueprint, Flask, g
from flask.testing import FlaskClient

from handcart.settings import Settings
from handcart.web import embedded, extensions
from handcart.web.embedded import leave_frame, merchant_required
from handcart.web.errors import answer_errors
from handcart.web.extensions import shopper_required, staff_required
from handcart.web.plan_required import open_without_plan
from tests.handcart.platform.shopify.verify.tokens import claims, token

SHOP = "juniper-tea.myshopify.com"
CUSTOMER = "gid://shopify/Customer/7"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Expose-Headers": "X-Shopify-API-Request-Failure-Reauthorize-Url",
    "Access-Control-Max-Age": "7200",
}


@dataclass
class Grants:
    ensured: list[str] = field(default_factory=list)

    def ensure(self, shop: str, id_token: str) -> None:
        self.ensured.append(shop)

    def staff_token(self, shop: str, user_id: int, id_token: str) -> str:
        return f"{shop} {user_id} {len(id_token) > 50}"


@dataclass
class App:
    settings: Settings
    at: datetime
    grants: Grants = field(default_factory=Grants)

    def clock(self) -> datetime:
        return self.at


@pytest.fixture
def app(settings: Settings, at: datetime) -> App:
    return App(replace(settings, old_api_secret="the one before it"), at)


@pytest.fixture
def browser(app: App) -> Iterator[FlaskClient]:
    doors = Blueprint("doors", __name__)

    @doors.post("/till")
    @staff_required
    @open_without_plan  # nothing is kept here of what a shop pays
    def till() -> str:
        return f"{g.merchant.shop} {g.merchant.user_id} {g.merchant.access_token()}"

    @doors.get("/checkout")
    @shopper_required
    def checkout() -> str:
        return f"{g.visitor.shop} {g.visitor.customer_id}"

    @doors.get("/leave")
    @merchant_required
    def leave() -> Any:
        return leave_frame(f"https://{SHOP}/admin/charges/confirm")

    @doors.get("/lure")
    @merchant_required
    def lure() -> Any:
        return leave_frame(f"https://{SHOP}.evil.com/admin")

    flask = Flask(__name__)
    flask.extensions["handcart"] = app
    answer_errors(flask)
    for one in (embedded.blueprint, extensions.blueprint, doors):
        flask.register_blueprint(one)
    with flask.test_client() as client:
        yield client


def bearing(at: datetime, secret: str = "hush", **other: Any) -> dict[str, str]:
    text = token(claims(at.timestamp(), **other), secret=secret)
    return {"Authorization": f"Bearer {text}", "Origin": "https://extensions.shopifycdn.com"}


def has_cors(headers: Any) -> bool:
    return {name: headers.get(name) for name in CORS} == CORS


@pytest.mark.parametrize("path", ["/till", "/checkout"])
def test_the_browsers_question_beforehand_is_answered_without_a_token(
    browser: FlaskClient, app: App, path: str
) -> None:
    answer = browser.options(path, headers={"Origin": "null"})
    assert (answer.status_code, answer.data) == (204, b"")
    assert has_cors(answer.headers)
    assert app.grants.ensured == []


@pytest.mark.parametrize("secret", ["hush", "the one before it"])
def test_staff_at_the_till_are_known_by_their_token(
    browser: FlaskClient, app: App, at: datetime, secret: str
) -> None:
    answer = browser.post("/till", headers=bearing(at, secret))
    assert answer.text == f"{SHOP} 42 {SHOP} 42 True"
    assert has_cors(answer.headers)
    assert app.grants.ensured == [SHOP]


@pytest.mark.parametrize("secret", ["hush", "the one before it"])
@pytest.mark.parametrize(("sub", "who"), [(CUSTOMER, "7"), (None, "None")])
def test_a_shopper_is_known_by_their_token(
    browser: FlaskClient, at: datetime, secret: str, sub: str | None, who: str
) -> None:
    headers = bearing(at, secret, iss=None, sid=None, dest=SHOP, sub=sub)
    answer = browser.get("/checkout", headers=headers)
    assert answer.text == f"{SHOP} {who}"
    assert has_cors(answer.headers)


@pytest.mark.parametrize(("path", "method"), [("/till", "POST"), ("/checkout", "GET")])
@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "token_missing"),
        ({"Authorization": "Basic eHg="}, "token_missing"),
        ({"Authorization": "Bearer é.b.c"}, "token_wrong"),
        ({"Authorization": "Bearer a.b.c"}, "token_wrong"),
    ],
)
def test_why_it_was_refused_can_be_read_by_the_extension(
    browser: FlaskClient, app: App, path: str, method: str, headers: dict[str, str], code: str
) -> None:
    answer = browser.open(path, method=method, headers=headers)
    assert answer.status_code == 401
    assert answer.get_json()["error"]["code"] == code
    assert has_cors(answer.headers)
    assert app.grants.ensured == []


def test_a_shopper_is_no_staff_and_staff_no_shopper(browser: FlaskClient, at: datetime) -> None:
    assert browser.get("/checkout", headers=bearing(at)).status_code == 401
    shopper = bearing(at, sub=CUSTOMER)
    assert browser.post("/till", headers=shopper).status_code == 401


def test_pages_of_the_admin_stay_closed_to_other_origins(
    browser: FlaskClient, at: datetime
) -> None:
    answer = browser.get("/leave", headers=bearing(at))
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_fetch_leaves_the_frame_by_a_header(browser: FlaskClient, at: datetime) -> None:
    answer = browser.get("/leave", headers=bearing(at))
    assert answer.status_code == 401
    to = answer.headers["X-Shopify-API-Request-Failure-Reauthorize-Url"]
    assert to == f"https://{SHOP}/admin/charges/confirm"
    assert "X-Shopify-Retry-Invalid-Session-Request" not in answer.headers


def test_a_page_leaves_the_frame_by_itself(browser: FlaskClient, at: datetime) -> None:
    address = f"/leave?id_token={token(claims(at.timestamp()), secret='hush')}"
    answer = browser.get(address, headers={"Accept": "text/html", "Sec-Fetch-Dest": "iframe"})
    assert answer.status_code == 200
    assert f'open("https://{SHOP}/admin/charges/confirm", "_top")' in answer.text


def test_the_frame_is_never_left_for_a_strangers_address(
    browser: FlaskClient, at: datetime
) -> None:
    answer = browser.get("/lure", headers=bearing(at))
    assert answer.status_code == 400
    assert answer.get_json()["error"]["code"] == "address_not_ours"
