from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handcart.localshop import admin_api, tokens
from handcart.localshop.clock import Clock
from handcart.localshop.seed import seed
from handcart.localshop.world import World
from tests import real_schema

SECRET = "a client secret that is long enough for HS256"
SCOPES = (
    "read_orders",
    "write_orders",
    "write_order_edits",
    "write_draft_orders",
    "read_customers",
    "read_products",
    "write_inventory",
    "read_locations",
    "write_locations",
    "write_shipping",
    "write_merchant_managed_fulfillment_orders",
)


@dataclass(frozen=True)
class SampleApp:
    client_id: str = "handcart-local"
    client_secret: str = SECRET
    name: str = "Handcart"
    handle: str = "handcart"
    app_url: str = "https://handcart.example.com"
    redirect_urls: tuple[str, ...] = ("https://handcart.example.com/auth/callback",)
    old_client_secret: str | None = None
    optional_scopes: tuple[str, ...] = ()
    scopes: tuple[str, ...] = SCOPES


@pytest.fixture
def world(at: datetime) -> World:
    """Juniper Tea with a clock that stands still."""
    return seed(1, at, clock=Clock.stopped(at))


@pytest.fixture
def app() -> SampleApp:
    return SampleApp()


@pytest.fixture
def grant_token(world: World) -> Callable[..., str]:
    """Install the app with these scopes and return an access token."""

    def grant(*scopes: str) -> str:
        app = SampleApp(scopes=scopes or SCOPES)
        tokens.install(world, app)
        body = {
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "grant_type": tokens.TOKEN_EXCHANGE,
            "subject_token": tokens.mint_id_token(world, app, 1, datetime.now(UTC)),
            "subject_token_type": tokens.ID_TOKEN,
            "expiring": "1",
        }
        status, answer = tokens.token_endpoint(world, body)
        assert status == 200
        token: str = answer["access_token"]
        return token

    return grant


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(world: World, grant_token: Callable[..., str]) -> Ask:
    """Run one document with every scope and return the JSON of a 200."""
    token = grant_token()

    def run(query: str, **variables: Any) -> dict[str, Any]:
        body = {"query": query, "variables": variables}
        status, payload, _ = admin_api.execute(world, token=token, body=body)
        assert status == 200
        return payload

    return run


@pytest.fixture(scope="session")
def introspection() -> Path:
    """The real schema's introspection as the platform publishes it."""
    return real_schema.introspection()
