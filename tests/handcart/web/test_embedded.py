from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Blueprint, Flask, g
from flask.testing import FlaskClient

from handcart.errors import NotFound, NotVerified, PlatformError
from handcart.settings import Settings
from handcart.web.embedded import app_bridge_url, blueprint, merchant_required
from handcart.web.errors import answer_errors
from handcart.web.plan_required import open_without_plan
from tests.handcart.platform.shopify.verify.tokens import claims, token

SHOP = "juniper-tea.myshopify.com"
PAGE = {"Accept": "text/html", "Sec-Fetch-Dest": "iframe"}


@dataclass
class Grants:
    ensured: list[tuple[str, str]] = field(default_factory=list)
    trouble: Exception | None = None

    def ensure(self, shop: str, id_token: str) -> None:
        self.ensured.append((shop, id_token))
        if self.trouble:
            raise self.trouble


@dataclass
class App:
    """What the embedded pages need of a Handcart."""

    settings: Settings
    at: datetime
    grants: Grants = field(default_factory=Grants)

    def clock(self) -> datetime:
        return self.at


@pytest.fixture
def app(settings: Settings, at: datetime) -> App:
    return App(settings, at)


@pytest.fixture
def flask(app: App) -> Flask:
    pages = Blueprint("pages", __name__)

    @pages.route("/counter", methods=["GET", "POST"])
    @merchant_required
    @open_without_plan  # nothing is kept here of what a shop pays
    def counter() -> str:
        return f"{g.merchant.shop} {g.merchant.user_id}"

    @pages.get("/nothing")
    @merchant_required
    def nothing() -> str:
        raise NotFound("nothing_here", "nothing here")

    @pages.get("/open")
    def open_to_all() -> str:
        return app_bridge_url()

    flask = Flask(__name__)
    flask.extensions["handcart"] = app
    answer_errors(flask)
    flask.register_blueprint(blueprint)
    flask.register_blueprint(pages)
    return flask


@pytest.fixture
def browser(flask: Flask) -> Iterator[FlaskClient]:
    with flask.test_client() as client:
        yield client


@pytest.fixture
def id_token(at: datetime) -> str:
    return token(claims(at.timestamp()), secret="hush")


def bearer(id_token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {id_token}"}


def test_a_page_load_with_a_token_shows_the_page_and_installs_the_shop(
    browser: FlaskClient, app: App, id_token: str
) -> None:
    query = {"embedded": "1", "id_token": id_token, "shop": SHOP, "host": "aG9zdA"}
    answer = browser.get("/counter", query_string=query, headers=PAGE)
    assert (answer.status_code, answer.text) == (200, f"{SHOP} 42")
    assert app.grants.ensured == [(SHOP, id_token)]
    assert answer.headers["Content-Security-Policy"] == (
        f"frame-ancestors https://{SHOP} https://admin.shopify.com;"
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    assert "X-Frame-Options" not in answer.headers


def test_a_fetch_with_a_token_is_answered(browser: FlaskClient, app: App, id_token: str) -> None:
    answer = browser.post("/counter", headers=bearer(id_token))
    assert (answer.status_code, answer.text) == (200, f"{SHOP} 42")
    assert app.grants.ensured == [(SHOP, id_token)]


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_scheme_may_be_written_in_any_case(
    browser: FlaskClient, id_token: str, scheme: str
) -> None:
    answer = browser.get("/counter", headers={"Authorization": f"{scheme} {id_token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer x.y.z"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Bearer é"},
        {"Sec-Fetch-Dest": "empty", "Accept": "text/html"},
    ],
    ids=str,
)
def test_a_fetch_without_a_good_token_is_told_to_try_once_more(
    browser: FlaskClient, app: App, headers: dict[str, str]
) -> None:
    answer = browser.get("/counter", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"
    assert answer.json is not None
    assert answer.json["error"]["code"] in ("token_missing", "token_wrong")
    assert app.grants.ensured == []


def test_a_page_without_a_token_is_sent_to_get_one_and_come_back(
    browser: FlaskClient, app: App
) -> None:
    query = {"shop": SHOP, "host": "aG9zdA", "tab": "a b"}
    answer = browser.get("/counter", query_string=query, headers=PAGE)
    assert answer.status_code == 302
    where = urlsplit(answer.headers["Location"])
    asked = parse_qs(where.query)
    assert where.path == "/auth/patch"
    assert (asked["shop"], asked["host"]) == ([SHOP], ["aG9zdA"])
    [back] = asked["shopify-reload"]
    assert back.startswith(f"{app.settings.app_url}/counter?")
    assert parse_qs(urlsplit(back).query) == {
        "shop": [SHOP],
        "host": ["aG9zdA"],
        "tab": ["a b"],
    }


def test_a_page_with_a_stale_token_comes_back_without_it(
    browser: FlaskClient, at: datetime
) -> None:
    stale = token(claims(at.timestamp() - 3600), secret="hush")
    answer = browser.get("/counter", query_string={"id_token": stale}, headers=PAGE)
    assert answer.status_code == 302
    assert stale not in answer.headers["Location"]


def test_a_page_that_no_new_token_would_help_is_refused_and_not_sent_round(
    browser: FlaskClient, app: App, at: datetime, id_token: str
) -> None:
    foreign = token(claims(at.timestamp(), aud="another app"), secret="hush")
    answer = browser.get("/counter", query_string={"id_token": foreign}, headers=PAGE)
    assert answer.status_code == 401
    query = {"id_token": id_token, "shop": "other.myshopify.com"}
    answer = browser.get("/counter", query_string=query, headers=PAGE)
    assert answer.status_code == 401
    assert app.grants.ensured == []


def test_a_form_without_a_token_is_refused_whatever_it_accepts(browser: FlaskClient) -> None:
    assert browser.post("/counter", headers=PAGE).status_code == 401


@pytest.mark.parametrize("shop", ["other.myshopify.com", "", "evil.com", f"{SHOP}.evil.com"])
def test_a_shop_parameter_has_to_be_the_tokens(
    browser: FlaskClient, app: App, id_token: str, shop: str
) -> None:
    answer = browser.get("/counter", query_string={"shop": shop}, headers=bearer(id_token))
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["error"]["code"] == "shop_not_of_token"
    assert app.grants.ensured == []


def test_an_id_token_the_platform_refuses_is_tried_once_more(
    browser: FlaskClient, app: App, id_token: str
) -> None:
    app.grants.trouble = NotVerified("invalid_subject_token")
    answer = browser.get("/counter", headers=bearer(id_token))
    assert answer.status_code == 401
    assert answer.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"
    page = browser.get("/counter", query_string={"id_token": id_token}, headers=PAGE)
    assert page.status_code == 302


def test_a_platform_that_is_down_is_a_502(browser: FlaskClient, app: App, id_token: str) -> None:
    app.grants.trouble = PlatformError("tokens_unavailable")
    assert browser.get("/counter", headers=bearer(id_token)).status_code == 502


def test_an_error_page_may_be_framed_by_the_shops_admin_only(
    browser: FlaskClient, id_token: str
) -> None:
    answer = browser.get("/nothing", query_string={"id_token": id_token}, headers=PAGE)
    assert answer.status_code == 404
    assert SHOP in answer.headers["Content-Security-Policy"]


def test_pages_of_nobody_are_left_alone(browser: FlaskClient) -> None:
    assert "Content-Security-Policy" not in browser.get("/open").headers


def test_a_merchant_is_forgotten_after_the_answer(browser: FlaskClient, id_token: str) -> None:
    browser.get("/counter", headers=bearer(id_token))
    assert browser.get("/counter").status_code == 401


def test_the_patch_page_is_the_app_bridge_script_and_nothing_else(
    browser: FlaskClient, app: App
) -> None:
    query = {"shop": SHOP, "shopify-reload": f"{app.settings.app_url}/counter"}
    answer = browser.get("/auth/patch", query_string=query)
    assert answer.status_code == 200
    assert (
        '<script data-api-key="handcart-local" '
        'src="https://cdn.shopify.com/shopifycloud/app-bridge.js"></script>'
    ) in answer.text
    assert f"https://{SHOP} " in answer.headers["Content-Security-Policy"]


def test_the_patch_page_reflects_nothing_it_was_given(browser: FlaskClient, app: App) -> None:
    back = f"{app.settings.app_url}/<script>alert(1)</script>"
    answer = browser.get("/auth/patch", query_string={"shop": "<b>", "shopify-reload": back})
    assert "alert" not in answer.text
    assert "<b>" not in answer.text
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors https://admin.shopify.com;"


@pytest.mark.parametrize(
    "back",
    [
        "",
        "https://evil.com/",
        "http://127.0.0.1:9931.evil.com/",
        "http://127.0.0.1:9931@evil.com/",
        "//evil.com",
        "/\\evil.com",
        "javascript:alert(1)",
        "http://[",
    ],
)
def test_the_patch_page_opens_no_other_site(browser: FlaskClient, back: str) -> None:
    answer = browser.get("/auth/patch", query_string={"shopify-reload": back})
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"]["code"] == "reload_not_ours"


@pytest.mark.parametrize("back", ["/counter?tab=1", "http://127.0.0.1:9931/counter"])
def test_the_patch_page_opens_our_own_pages(browser: FlaskClient, back: str) -> None:
    query = {"shopify-reload": back}
    assert browser.get("/auth/patch", query_string=query).status_code == 200


def test_another_platform_brings_its_own_script_and_may_frame_our_pages(
    browser: FlaskClient, app: App, id_token: str
) -> None:
    app.settings = replace(app.settings, platform_url="http://127.0.0.1:9930")
    assert browser.get("/open").text == "http://127.0.0.1:9930/shopifycloud/app-bridge.js"
    answer = browser.get("/counter", headers=bearer(id_token))
    assert answer.headers["Content-Security-Policy"] == (
        f"frame-ancestors https://{SHOP} https://admin.shopify.com http://127.0.0.1:9930;"
    )
