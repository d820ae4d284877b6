"""An app of a local shop: Auth, Grants and the Admin client speak to it over (mocked) HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses

from handcart.keys import Keyring
from handcart.localshop import admin_api, tokens
from handcart.localshop.clock import Clock
from handcart.localshop.seed import seed
from handcart.localshop.world import World
from handcart.platform.shopify.auth import Auth
from handcart.settings import Settings
from handcart.shops.grants import Grants
from handcart.storage import Database

SHOP = "juniper-tea.myshopify.com"


@dataclass(frozen=True)
class SampleApp:
    client_id: str
    client_secret: str
    name: str = "Handcart"
    handle: str = "handcart"
    app_url: str = "https://handcart.example.com"
    redirect_urls: tuple[str, ...] = ("https://handcart.example.com/auth/callback",)
    old_client_secret: str | None = None
    optional_scopes: tuple[str, ...] = ()
    scopes: tuple[str, ...] = (
        "write_shipping",
        "write_orders",
        "write_order_edits",
        "write_draft_orders",
        "read_customers",
        "read_products",
        "read_inventory",
        "read_locations",
        "write_merchant_managed_fulfillment_orders",
    )


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, api_secret="shpss_0123456789abcdef0123456789abcdef")


@pytest.fixture
def world(at: datetime) -> World:
    return seed(1, at, clock=Clock.stopped(at))


@pytest.fixture
def app(settings: Settings, world: World) -> SampleApp:
    app = SampleApp(settings.api_key, settings.api_secret)
    tokens.install(world, app)
    return app


@pytest.fixture
def http(world: World) -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:

        def give_tokens(request: Any) -> tuple[int, dict[str, str], str]:
            status, body = tokens.token_endpoint(world, json.loads(request.body))
            return status, {}, json.dumps(body)

        def run(request: Any) -> tuple[int, dict[str, str], str]:
            token = request.headers["X-Shopify-Access-Token"]
            body = json.loads(request.body)
            status, payload, headers = admin_api.execute(world, token=token, body=body)
            headers.pop("Content-Type")
            return status, headers, json.dumps(payload)

        admin = f"https://{SHOP}/admin"
        mock.add_callback("POST", f"{admin}/oauth/access_token", give_tokens)
        mock.add_callback("POST", f"{admin}/api/2026-10/graphql.json", run)
        yield mock


@pytest.fixture
def id_token(world: World, app: SampleApp) -> str:
    return tokens.mint_id_token(world, app, 1, datetime.now(UTC))


@pytest.fixture
def grants(
    http: responses.RequestsMock,
    settings: Settings,
    db: Database,
    keyring: Keyring,
    world: World,
    id_token: str,
) -> Iterator[Grants]:
    with requests.Session() as session:
        grants = Grants(Auth(settings, session), db=db, keyring=keyring, clock=world.clock.now)
        grants.ensure(SHOP, id_token)
        yield grants
