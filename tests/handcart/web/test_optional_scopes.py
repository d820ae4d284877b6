"""Scopes that a shop grants beyond the required ones, given back over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handcart import Handcart, Settings
from handcart.errors import UserErrors
from handcart.localshop import tokens
from handcart.localshop.config import AppConfig
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from handcart.platform.shopify.optional_scopes import revoke

SHOP = "juniper-tea.myshopify.com"
TOML = Path(__file__).parents[3] / "example_app" / "shopify.app.toml"
SECRET = "shpss_0123456789abcdef0123456789abcdef"


@pytest.fixture
def shop(settings: Settings) -> Iterator[LocalShop]:
    app = AppConfig.from_toml(TOML, app_url=settings.app_url, client_secret=SECRET)
    app = replace(app, subscriptions=(), optional_scopes=("read_themes", "write_discounts"))
    with LocalShop(seed(1, datetime.now(UTC)), app) as running:
        tokens.install(running.world, app)
        tokens.grant_optional(running.world, app.client_id, app.optional_scopes)
        yield running


@pytest.fixture
def app(shop: LocalShop, settings: Settings) -> Iterator[Handcart]:
    made = Handcart(replace(settings, platform_url=shop.url, api_secret=SECRET))
    made.grants.ensure(SHOP, tokens.mint_id_token(shop.world, shop.app, 1, datetime.now(UTC)))
    yield made
    made.close()


def granted(shop: LocalShop) -> set[str]:
    return set(shop.world.grants[shop.app.client_id].scopes)


def test_an_optional_scope_is_given_back_and_the_app_is_told(
    app: Handcart, shop: LocalShop
) -> None:
    emitted: list[tuple[str, Any]] = []
    shop.world.emit = lambda topic, body: emitted.append((topic, body))
    assert "read_themes" in granted(shop)
    assert revoke(app.admin(SHOP), ["read_themes"]) == {"read_themes"}
    assert "read_themes" not in granted(shop)
    assert "write_discounts" in granted(shop)
    ((topic, body),) = emitted
    assert topic == "app/scopes_update"
    assert set(body["previous"]) - set(body["current"]) == {"read_themes"}
    assert all(
        "read_themes" not in token.scopes
        for token in shop.world.grants[shop.app.client_id].access.values()
    )


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ("read_orders", "CANNOT_REVOKE_REQUIRED_SCOPES"),
        ("read_discounts", "CANNOT_REVOKE_IMPLIED_SCOPES"),
        ("read_files", "UNKNOWN_SCOPES"),
        ("no such scope", "UNKNOWN_SCOPES"),
    ],
)
def test_what_is_not_optional_cannot_be_given_back_and_nothing_is(
    app: Handcart, shop: LocalShop, scope: str, code: str
) -> None:
    before = granted(shop)
    with pytest.raises(UserErrors) as refused:
        revoke(app.admin(SHOP), ["read_themes", scope])
    assert [one.code for one in refused.value.errors] == [code]
    assert granted(shop) == before
