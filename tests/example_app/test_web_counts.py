"""The merchant agrees to counting: the shop gets the app's pixel, and the overview its figures."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import example_app
from example_app import create_handcart
from handcart import Handcart, Settings
from handcart.errors import HandcartError, SettingsError, UserErrors
from handcart.funnel import pixel
from handcart.funnel.service import open_ticket
from handcart.jobs import Hands
from handcart.localshop import pixels, tokens
from handcart.localshop.config import AppConfig
from handcart.localshop.pixels import Extension
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from handcart.platform.shopify.documents import document
from handcart.relay import Relay
from handcart.shops import service as shops
from handcart.storage import metadata

ROOT = Path(example_app.__file__).parent
TOML = ROOT / "shopify.app.toml"
FOLDER = ROOT / "extensions" / "handcart-pixel"
SHOP = "juniper-tea.myshopify.com"
SECRET = "shpss_0123456789abcdef0123456789abcdef"
BOTH = ["write_pixels", "read_customer_events"]


@pytest.fixture
def shop(settings: Settings) -> Iterator[LocalShop]:
    told = AppConfig.from_toml(TOML, app_url=settings.app_url, client_secret=SECRET)
    with LocalShop(seed(1, datetime.now(UTC)), replace(told, subscriptions=())) as running:
        tokens.install(running.world, running.app)
        yield running


@pytest.fixture
def app(shop: LocalShop, settings: Settings) -> Iterator[Handcart]:
    made = create_handcart(replace(settings, platform_url=shop.url, api_secret=SECRET))
    with made.db.writing() as work:
        metadata.create_all(work)
    made.grants.ensure(SHOP, tokens.mint_id_token(shop.world, shop.app, 1, datetime.now(UTC)))
    yield made
    made.close()


def agree(app: Handcart, shop: LocalShop, scopes: list[str]) -> None:
    """The merchant grants them, the app hears of it, and does what it does then."""
    tokens.grant_optional(shop.world, shop.app.client_id, scopes)
    granted = shop.world.grants[shop.app.client_id].scopes
    with app.db.writing() as work:
        at = app.clock()
        shops.scopes_changed(work, SHOP, scopes=granted, happened_at=at, at=at)
    relay = Relay(app.db, hands=Hands(app), clock=app.clock)
    while relay.step():
        pass


def held(shop: LocalShop) -> pixels.Pixel | None:
    return pixels.runs(shop.world, shop.app.client_id)


def test_who_agrees_has_one_pixel_and_it_is_kept_as_it_should_be(
    app: Handcart, shop: LocalShop
) -> None:
    agree(app, shop, BOTH[:1])
    assert held(shop) is None
    agree(app, shop, BOTH[1:])
    made = held(shop)
    assert made is not None
    assert made.settings["endpoint"] == f"{app.settings.app_url}/pixel"
    assert open_ticket(app.keyring, made.settings["ticket"]) == SHOP
    here = {"shop": SHOP, "keyring": app.keyring}
    before = made.settings
    assert pixel.keep(app.admin(SHOP), endpoint=before["endpoint"], **here) is False
    assert held(shop) is made and made.settings is before
    moved = "https://elsewhere.example.com/pixel"
    assert pixel.keep(app.admin(SHOP), endpoint=moved, **here) is True
    assert held(shop) is made and made.settings["endpoint"] == moved
    made.settings["ticket"] = "of a secret that is gone"
    assert pixel.keep(app.admin(SHOP), endpoint=moved, **here) is True
    assert open_ticket(app.keyring, made.settings["ticket"]) == SHOP


def test_without_the_scopes_and_with_other_settings_no_pixel_is_made(
    app: Handcart, shop: LocalShop
) -> None:
    admin, there = app.admin(SHOP), "https://a.example.com/p"
    with pytest.raises(HandcartError) as denied:
        pixel.keep(admin, shop=SHOP, endpoint=there, keyring=app.keyring)
    assert denied.value.code == "access_denied"
    tokens.grant_optional(shop.world, shop.app.client_id, BOTH)
    for settings, code in (
        ({"endpoint": there}, "INVALID_SETTINGS"),
        ({"endpoint": there, "ticket": "t", "more": "m"}, "INVALID_SETTINGS"),
        ({"endpoint": there, "ticket": 7}, "INVALID_SETTINGS"),
        ("{", "INVALID_CONFIGURATION_JSON"),
    ):
        with pytest.raises(UserErrors) as refused:
            admin.execute(document("pixel_create"), {"wanted": {"settings": settings}})
        assert [error.code for error in refused.value.errors] == [code]
    assert held(shop) is None


def test_a_pixel_stays_while_the_app_does(app: Handcart, shop: LocalShop) -> None:
    agree(app, shop, BOTH)
    tokens.install(shop.world, shop.app)
    assert held(shop) is not None
    shop.world.clock.advance(60)
    tokens.uninstall(shop.world, shop.app.client_id)
    tokens.install(shop.world, shop.app)
    tokens.grant_optional(shop.world, shop.app.client_id, BOTH)
    assert held(shop) is None


def test_the_extension_asks_for_analytics_and_nothing_else() -> None:
    told = tomllib.loads((FOLDER / "shopify.extension.toml").read_text())
    extension = Extension.of(FOLDER, told)
    assert extension.purposes == ("analytics",)
    assert extension.fields == ("endpoint", "ticket")
    assert extension.script.is_file()
    assert all(
        one["type"] == "single_line_text_field" for one in told["settings"]["fields"].values()
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"runtime_context": "lax"},
        {"customer_privacy": {}},
        {"customer_privacy": {"analytics": True, "sale_of_data": "disabled"}},
    ],
)
def test_an_extension_that_the_platform_would_not_take_is_refused(
    changes: dict[str, object],
) -> None:
    told = tomllib.loads((FOLDER / "shopify.extension.toml").read_text())
    with pytest.raises(SettingsError) as refused:
        Extension.of(FOLDER, {**told, **changes})
    assert refused.value.code == "app_config_pixel"
