"""npm ``@shopify/shopify-api``, unchanged, against the local platform: an independent witness."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests

from handcart.localshop import tokens
from handcart.localshop.config import AppConfig, WebhookSubscription
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from tests.platform.node import installed

pytestmark = pytest.mark.server

SHOP = "juniper-tea.myshopify.com"
TOML = Path(__file__).parents[2] / "example_app" / "shopify.app.toml"
SCRIPT = Path(__file__).with_name("official.cjs")
SECRET = "shpss_0123456789abcdef0123456789abcdef"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
PACKAGE = "@shopify/shopify-api@15.0.0"


@pytest.fixture
def shop() -> Iterator[LocalShop]:
    """A shop that waits for an app; where the app answers is told once it runs."""
    app = AppConfig.from_toml(TOML, app_url="http://127.0.0.1:9", client_secret=SECRET)
    with LocalShop(seed(1, datetime.now(UTC)), app) as running:
        yield running


@pytest.fixture
def app(shop: LocalShop) -> Iterator[str]:
    environment = {**os.environ, "API_KEY": shop.app.client_id, "API_SECRET": SECRET}
    command = ["node", str(SCRIPT), str(installed(PACKAGE)), shop.url]
    with subprocess.Popen(
        command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdin is not None and running.stdout is not None
        url = running.stdout.readline().strip()
        hook = WebhookSubscription("orders/create", f"{url}/webhooks", name="orders")
        config = replace(
            shop.app,
            app_url=url,
            redirect_urls=(f"{url}/auth/callback",),
            subscriptions=(hook,),
            compliance=(),
        )
        shop.deploy(config)
        yield url
        running.stdin.close()
        assert running.wait(20) == 0


def exchange(app: str, shop: LocalShop, **more: bool) -> requests.Response:
    tokens.install(shop.world, shop.app)
    token = tokens.mint_id_token(shop.world, shop.app, 1, datetime.now(UTC))
    return requests.post(f"{app}/exchange", json={"token": token, **more}, timeout=20)


def test_it_installs_by_token_exchange_and_asks_the_admin_api(app: str, shop: LocalShop) -> None:
    got = exchange(app, shop)
    assert got.status_code == 200, got.text
    said = got.json()
    assert (said["shop"], said["refresh"]) == (SHOP, True)
    assert 3500 < said["seconds"] <= 3600
    assert "write_app_proxy" in said["scope"]
    answer = requests.post(f"{app}/graphql", json={"query": "{ shop { name } }"}, timeout=20)
    assert answer.json()["data"] == {"shop": {"name": "Juniper Tea"}}
    renewed = requests.post(f"{app}/refresh", timeout=20).json()
    assert renewed == {"changed": True, "refresh": True}
    answer = requests.post(f"{app}/graphql", json={"query": "{ shop { name } }"}, timeout=20)
    assert answer.json()["data"] == {"shop": {"name": "Juniper Tea"}}


def test_it_gets_an_online_token_for_the_person_who_asks(app: str, shop: LocalShop) -> None:
    said = exchange(app, shop, online=True).json()
    assert (said["user"], said["refresh"]) == (1, False)
    assert 86000 < said["seconds"] <= 86399


def test_it_understands_why_it_is_refused(app: str, shop: LocalShop) -> None:
    exchange(app, shop)
    query = {"query": "{ shop { nothingLikeThis } }"}
    wrong = requests.post(f"{app}/graphql", json=query, timeout=20).json()
    assert wrong["error"] == "GraphqlQueryError"
    tokens.uninstall(shop.world, shop.app.client_id)
    dead = requests.post(f"{app}/graphql", json={"query": "{ shop { name } }"}, timeout=20).json()
    assert dead["error"] == "HttpResponseError"
    assert "401" in dead["message"] or "Unauthorized" in dead["message"]


def test_it_installs_by_the_code_grant(app: str, shop: LocalShop) -> None:
    browser = {"User-Agent": BROWSER}  # it sends robots away
    address = f"{app}/auth?shop={SHOP}"
    begun = requests.get(address, headers=browser, allow_redirects=False, timeout=20)
    assert begun.status_code == 302, begun.text
    question = begun.headers["Location"]
    assert question.startswith(f"https://{SHOP}/admin/oauth/authorize?")
    here = question.replace(f"https://{SHOP}", shop.url)
    fields = dict(parse_qsl(urlsplit(question).query))
    assert requests.get(here, timeout=20).status_code == 200
    agreed = requests.post(here.partition("?")[0], data=fields, allow_redirects=False, timeout=20)
    callback = agreed.headers["Location"]
    assert callback.startswith(f"{app}/auth/callback?")
    # Its cookies are for https only, so they are carried by hand.
    pieces = [one.split(";")[0] for one in begun.raw.headers.getlist("Set-Cookie")]
    cookies = {**browser, "Cookie": "; ".join(pieces)}
    tampered = {**dict(parse_qsl(urlsplit(callback).query)), "shop": "other.myshopify.com"}
    refused = requests.get(
        f"{app}/auth/callback?{urlencode(tampered)}", headers=cookies, timeout=20
    )
    assert refused.status_code == 500
    done = requests.get(callback, headers=cookies, timeout=20)
    assert done.status_code == 200, done.text
    assert done.json()["shop"] == SHOP
    assert done.json()["expires"] is True
    answer = requests.post(f"{app}/graphql", json={"query": "{ shop { name } }"}, timeout=20)
    assert answer.json()["data"] == {"shop": {"name": "Juniper Tea"}}


def test_it_takes_the_webhooks_that_the_shop_sends_and_no_others(app: str, shop: LocalShop) -> None:
    tokens.install(shop.world, shop.app)
    shop.world.emit("orders/create", {"id": 1, "name": "#1", "note": "Käse 🧀"})
    assert shop.deliveries.flush(20)
    kept = requests.get(f"{app}/kept", timeout=20).json()
    assert [(one["topic"], one["domain"]) for one in kept] == [("ORDERS_CREATE", SHOP)]
    sent = next(iter(shop.deliveries.log("orders/create")))
    assert kept[0]["id"] == sent.webhook_id
    assert sent.attempts[-1].status == 200
    tampered = requests.post(
        f"{app}/webhooks", data=sent.body + b" ", headers=dict(sent.headers), timeout=20
    )
    assert tampered.status_code == 401
    assert tampered.json() == {"reason": "invalid_hmac"}
