"""PyPI ``ShopifyAPI`` and ``shopifyapp``, unchanged, against the local platform.

Both speak to ``https://{shop}`` only; what is not as in production is where that leads.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
import requests
from shopify_app import ShopifyApp

from handcart.localshop import tokens
from handcart.localshop.config import AppConfig
from handcart.localshop.envelope import sealed
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop

pytestmark = pytest.mark.server

SHOP = "juniper-tea.myshopify.com"
TOML = Path(__file__).parents[2] / "example_app" / "shopify.app.toml"
SECRET = "shpss_0123456789abcdef0123456789abcdef"
APP_URL = "http://127.0.0.1:9931"


@pytest.fixture
def shop() -> Iterator[LocalShop]:
    app = AppConfig.from_toml(TOML, app_url=APP_URL, client_secret=SECRET)
    with LocalShop(seed(1, datetime.now(UTC)), app) as running:
        tokens.install(running.world, app)
        yield running


# --- shopifyapp ---------------------------------------------------------------------------------


@pytest.fixture
def theirs(shop: LocalShop) -> ShopifyApp:
    return ShopifyApp(client_id=shop.app.client_id, client_secret=SECRET)


@pytest.fixture
def http(shop: LocalShop) -> Iterator[httpx.Client]:
    class Here(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            assert request.url.host == SHOP
            parts = urlsplit(shop.url)
            request.url = request.url.copy_with(scheme="http", host=parts.hostname, port=parts.port)
            request.headers["Host"] = parts.netloc
            return super().handle_request(request)

    with httpx.Client(transport=Here()) as client:
        yield client


def page(shop: LocalShop) -> dict[str, Any]:
    """The request with which the admin opens the app."""
    query = tokens.page_query(shop.world, shop.app, 1, datetime.now(UTC))
    return {"method": "GET", "headers": {}, "url": f"{APP_URL}/?{query}", "body": ""}


def test_shopifyapp_exchanges_the_id_token_of_a_page_and_asks_the_admin_api(
    shop: LocalShop, theirs: ShopifyApp, http: httpx.Client
) -> None:
    seen = theirs.verify_app_home_req(page(shop), app_home_patch_id_token_path="/auth/patch")
    assert seen.ok, seen.log
    got = theirs.exchange_using_token_exchange(
        access_mode="offline",
        id_token=seen.id_token,
        invalid_token_response=seen.invalid_token_response,
        http_client=http,
    )
    assert got.ok, got.log
    assert got.access_token.token.startswith("shpat_")
    assert got.access_token.refresh_token
    asked = theirs.admin_graphql_request(
        "{ shop { name } }",
        shop="juniper-tea",
        access_token=got.access_token.token,
        api_version="2026-10",
        http_client=http,
    )
    assert asked.ok, asked.log
    assert asked.data == {"shop": {"name": "Juniper Tea"}}


def test_shopifyapp_gets_a_token_by_its_own_credentials(
    theirs: ShopifyApp, http: httpx.Client
) -> None:
    got = theirs.exchange_using_client_credentials(shop="juniper-tea", http_client=http)
    assert got.ok, got.log
    assert got.access_token.token.startswith("shpat_")


def test_shopifyapp_takes_the_webhooks_that_the_shop_sends_and_no_others(
    shop: LocalShop, theirs: ShopifyApp
) -> None:
    subscription = shop.app.subscriptions[0]
    at = datetime.now(UTC)
    sent = sealed(SHOP, shop.app, subscription, {"note": "Käse 🧀"}, event_id="1", at=at)
    request = {
        "method": "POST",
        "url": sent.url,
        "headers": dict(sent.headers),
        "body": sent.body.decode(),
    }
    assert theirs.verify_webhook_req(request).ok
    assert not theirs.verify_webhook_req({**request, "body": request["body"] + " "}).ok


def test_shopifyapp_takes_the_secret_before_a_rotation_while_the_shop_signs_with_it(
    shop: LocalShop,
) -> None:
    shop.rotate_secret("shpss_new_0123456789abcdef0123456789")
    new = shop.app.client_secret
    both = ShopifyApp(client_id=shop.app.client_id, client_secret=new, old_client_secret=SECRET)
    only_new = ShopifyApp(client_id=shop.app.client_id, client_secret=new)
    patch = "/auth/patch"
    assert both.verify_app_home_req(page(shop), app_home_patch_id_token_path=patch).ok
    assert not only_new.verify_app_home_req(page(shop), app_home_patch_id_token_path=patch).ok
    shop.advance(3600)
    assert only_new.verify_app_home_req(page(shop), app_home_patch_id_token_path=patch).ok


# --- ShopifyAPI ---------------------------------------------------------------------------------


@pytest.fixture
def shopify(shop: LocalShop) -> Iterator[Any]:
    """Its module, with urlopen led to this machine."""
    import shopify as module

    class Here(urllib.request.HTTPSHandler):
        def https_open(self, request: urllib.request.Request) -> Any:
            assert request.host == SHOP
            parts = urlsplit(request.full_url)
            here = f"{shop.url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
            moved = urllib.request.Request(
                here, data=request.data, headers=dict(request.headers), method=request.get_method()
            )
            return self.parent.open(moved)

    before = urllib.request._opener  # type: ignore[attr-defined]
    urllib.request.install_opener(urllib.request.build_opener(Here()))
    module.Session.setup(api_key=shop.app.client_id, secret=SECRET)
    yield module
    module.ShopifyResource.clear_session()
    urllib.request.install_opener(before)


def test_shopify_api_installs_by_the_code_grant_and_asks_the_admin_api(
    shop: LocalShop, shopify: Any
) -> None:
    session = shopify.Session(SHOP, "2026-10")
    callback = f"{APP_URL}/auth/callback"
    question = session.create_permission_url(
        redirect_uri=callback, scope=["read_orders"], state="a state"
    )
    assert question.startswith(f"https://{SHOP}/admin/oauth/authorize?")
    fields = dict(parse_qsl(urlsplit(question).query))
    here = f"{shop.url}/admin/oauth/authorize?{urlencode(fields)}"
    agreed = requests.get(here, allow_redirects=False, timeout=20)
    assert agreed.status_code == 303, agreed.text
    params = dict(parse_qsl(urlsplit(agreed.headers["Location"]).query))
    assert params["state"] == "a state"
    with pytest.raises(shopify.ValidationException):
        session.request_token({**params, "code": "another"})
    token = session.request_token(params)
    assert token.startswith("shpat_")
    shopify.ShopifyResource.activate_session(session)
    answer = shopify.GraphQL().execute("{ shop { name } }")
    assert '"name":"Juniper Tea"' in answer


def test_shopify_api_believes_the_id_tokens_of_the_shop(shop: LocalShop, shopify: Any) -> None:
    from shopify import session_token

    text = tokens.mint_id_token(shop.world, shop.app, 1, datetime.now(UTC))
    claims = session_token.decode_from_header(f"Bearer {text}", shop.app.client_id, SECRET)
    assert (claims["dest"], claims["sub"]) == (f"https://{SHOP}", "1")
    other = replace(shop.app, client_secret="another secret that is long enough for it")
    forged = tokens.mint_id_token(shop.world, other, 1, datetime.now(UTC))
    with pytest.raises(session_token.SessionTokenError):
        session_token.decode_from_header(f"Bearer {forged}", shop.app.client_id, SECRET)
