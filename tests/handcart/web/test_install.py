"""The code grant, between an app, a browser and a local shop over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from handcart import Handcart
from handcart.localshop.config import AppConfig
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from handcart.localshop.tokens import query_hmac
from handcart.settings import Settings
from handcart.shops import service

SHOP = "juniper-tea.myshopify.com"
TOML = Path(__file__).parents[3] / "example_app" / "shopify.app.toml"


@pytest.fixture
def shop(settings: Settings) -> Iterator[LocalShop]:
    app = AppConfig.from_toml(TOML, app_url=settings.app_url, client_secret=settings.api_secret)
    with LocalShop(seed(1, datetime.now(UTC)), app) as running:
        yield running


@pytest.fixture
def app(shop: LocalShop, settings: Settings) -> Iterator[Handcart]:
    handcart = Handcart(replace(settings, platform_url=shop.url))
    yield handcart
    handcart.close()


@pytest.fixture
def browser(app: Handcart) -> Iterator[FlaskClient]:
    with app.flask.test_client() as client:
        yield client


def agree(address: str) -> str:
    """The merchant reads the platform's question and says yes: where they are sent then."""
    with requests.Session() as merchant:
        page = merchant.get(address, headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert "read_orders" in page.text
        fields = dict(parse_qsl(urlsplit(address).query))
        to = merchant.post(address.partition("?")[0], data=fields, allow_redirects=False)
    assert to.status_code == 303
    return to.headers["Location"]


def begin(browser: FlaskClient, shop: str = SHOP) -> str:
    answer = browser.get(f"/auth/install?shop={shop}")
    assert answer.status_code == 302
    return answer.headers["Location"]


def come_back(browser: FlaskClient, address: str, **other: str) -> TestResponse:
    """Open the address, ``other`` in place of some of its fields, with what signature it had."""
    fields = {**dict(parse_qsl(urlsplit(address).query)), **other}
    return browser.get(f"/auth/callback?{urlencode(fields)}", headers={"Accept": "*/*"})


def standing(app: Handcart) -> str:
    with app.db.reading() as view:
        return service.standing(view, SHOP)


def test_a_merchant_who_agrees_has_the_app_and_lands_in_their_admin(
    app: Handcart, shop: LocalShop, browser: FlaskClient
) -> None:
    question = begin(browser)
    assert question.startswith(f"{shop.url}/admin/oauth/authorize?")
    answer = come_back(browser, agree(question))
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{shop.url}/admin/apps/{app.settings.api_key}"
    assert standing(app) == "installed"
    assert app.platform(SHOP).profile().name == "Juniper Tea"


def test_who_agreed_before_is_not_asked_again(
    app: Handcart, shop: LocalShop, browser: FlaskClient
) -> None:
    come_back(browser, agree(begin(browser)))
    again = requests.get(begin(browser), allow_redirects=False)
    assert again.status_code == 303
    assert come_back(browser, again.headers["Location"]).status_code == 302


@pytest.mark.parametrize(
    "named",
    [
        "",
        "evil.com",
        "a.myshopify.com.evil.com",
        "evil.com/x.myshopify.com",
        "a.myshopify.com%0a",
    ],
)
def test_nobody_is_sent_to_what_is_no_shop(browser: FlaskClient, named: str) -> None:
    answer = browser.get(f"/auth/install?shop={named}", headers={"Accept": "*/*"})
    assert answer.status_code == 400
    assert answer.get_json()["error"]["code"] == "shop_malformed"
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_the_state_is_in_a_cookie_that_scripts_cannot_read_and_only_the_callback_gets(
    app: Handcart, browser: FlaskClient
) -> None:
    answer = browser.get(f"/auth/install?shop={SHOP}")
    cookie = SimpleCookie(answer.headers["Set-Cookie"])["handcart_state"]
    assert cookie["httponly"] is True
    assert (cookie["path"], cookie["samesite"]) == ("/auth/callback", "Lax")
    assert cookie["max-age"] == "600"
    state = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["state"]
    assert len(state) >= 43
    assert state not in cookie.value


def refused(app: Handcart, answer: TestResponse) -> str:
    assert answer.status_code == 401
    assert standing(app) == "unknown"
    return str(answer.get_json()["error"]["code"])


def test_another_browser_than_the_one_that_began_is_refused(
    app: Handcart, browser: FlaskClient
) -> None:
    address = agree(begin(browser))
    with app.flask.test_client() as another:
        assert refused(app, come_back(another, address)) == "state_missing"
    assert come_back(browser, address).status_code == 302


def test_an_answer_to_another_question_is_refused(app: Handcart, browser: FlaskClient) -> None:
    address = agree(begin(browser))
    begin(browser)
    assert refused(app, come_back(browser, address)) == "state_wrong"


def test_a_cookie_of_another_shop_is_refused(app: Handcart, browser: FlaskClient) -> None:
    address = agree(begin(browser))
    begin(browser, "other.myshopify.com")
    assert refused(app, come_back(browser, address)) == "state_wrong"


@pytest.mark.parametrize(
    "other", [{"code": "another"}, {"shop": "other.myshopify.com"}, {"state": "x"}, {"more": "1"}]
)
def test_an_address_that_was_tampered_with_is_refused(
    app: Handcart, browser: FlaskClient, other: dict[str, str]
) -> None:
    address = agree(begin(browser))
    assert refused(app, come_back(browser, address, **other)) == "signature_wrong"


def test_an_address_is_old_after_ninety_seconds(app: Handcart, browser: FlaskClient) -> None:
    fields = dict(parse_qsl(urlsplit(agree(begin(browser))).query))
    fields["timestamp"] = str(int(fields["timestamp"]) - 100)
    fields["hmac"] = query_hmac(fields, app.settings.api_secret)
    answer = browser.get(f"/auth/callback?{urlencode(fields)}", headers={"Accept": "*/*"})
    assert refused(app, answer) == "timestamp_not_recent"


def test_a_code_that_was_used_installs_nothing_more(app: Handcart, browser: FlaskClient) -> None:
    address = agree(begin(browser))
    cookie = browser.get_cookie("handcart_state", path="/auth/callback")
    assert cookie is not None
    assert come_back(browser, address).status_code == 302
    browser.set_cookie("handcart_state", cookie.value, path="/auth/callback")
    answer = come_back(browser, address)
    assert answer.status_code == 502
    assert answer.get_json()["error"]["code"] == "grant_refused"


@pytest.mark.parametrize(
    "other",
    [
        {"client_id": "another"},
        {"redirect_uri": "https://evil.com/auth/callback"},
        {"redirect_uri": "http://127.0.0.1:9931/auth/callback/"},
    ],
)
def test_the_platform_answers_only_to_the_exact_address(
    browser: FlaskClient, other: dict[str, str]
) -> None:
    base, _, query = begin(browser).partition("?")
    asked = {**dict(parse_qsl(query)), **other}
    page = requests.get(base, params=asked, allow_redirects=False)
    assert page.status_code == 400
    assert "Location" not in page.headers
    posted = requests.post(base, data=asked, allow_redirects=False)
    assert posted.status_code == 400
