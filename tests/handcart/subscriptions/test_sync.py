"""``handcart sync`` against a local shop, over real HTTP."""

from __future__ import annotations

import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result

from handcart import Delivery, Handcart, Settings
from handcart.cli import main
from handcart.localshop import tokens
from handcart.localshop.config import AppConfig
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from handcart.localshop.world import Subscription
from handcart.shops import service
from handcart.shops.model import Tokens

SHOP = "juniper-tea.myshopify.com"
GONE = "gone.myshopify.com"
TOML = Path(__file__).parents[3] / "example_app" / "shopify.app.toml"
SECRET = "shpss_0123456789abcdef0123456789abcdef"
Run = Callable[..., Result]


@pytest.fixture
def shop(settings: Settings) -> Iterator[LocalShop]:
    app = AppConfig.from_toml(TOML, app_url=settings.app_url, client_secret=SECRET)
    world = seed(1, datetime.now(UTC))
    tokens.install(world, replace(app, scopes=(*app.scopes, "read_themes")))
    with LocalShop(world, app) as running:
        yield running


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, api_secret=SECRET)


@pytest.fixture
def run(shop: LocalShop, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    def make() -> Handcart:
        app = Handcart(replace(settings, platform_url=shop.url))

        @app.webhook("collections/update")
        def changed(delivery: Delivery) -> None: ...

        return app

    module = ModuleType("shop_app")
    module.app = make  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop_app", module)
    app = make()
    id_token = tokens.mint_id_token(shop.world, shop.app, 1, datetime.now(UTC))
    app.grants.ensure(SHOP, id_token)
    app.close()

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["sync", "shop_app", *arguments], catch_exceptions=False)

    return invoke


def ours(shop: LocalShop) -> set[str]:
    names = {one.name for one in shop.world.subscriptions.values()}
    return {name for name in names if name and name.startswith("handcart-")}


def test_the_plan_says_what_is_missing_and_changes_nothing(run: Run, shop: LocalShop) -> None:
    done = run()
    assert done.exit_code == 1
    assert f"{SHOP}: 0 as they should be" in done.output
    assert "  + orders/create\n" in done.output
    assert "  + collections/update\n" in done.output
    assert "customers/redact" not in done.output
    assert shop.world.subscriptions == {}


def test_what_is_planned_is_carried_out_and_then_there_is_nothing_to_do(
    run: Run, shop: LocalShop
) -> None:
    assert run("--apply").exit_code == 0
    assert "handcart-orders-create" in ours(shop)
    count = len(ours(shop))
    again = run()
    assert again.exit_code == 0
    assert again.output == f"{SHOP}: {count} as they should be\n"


def test_what_differs_is_mended_and_what_is_not_wanted_goes(
    run: Run, shop: LocalShop, settings: Settings
) -> None:
    run("--apply")
    for one in shop.world.subscriptions.values():
        if one.topic == "orders/create":
            one.uri = "https://old.example.com/webhooks"
    now = shop.world.stamp()
    number = shop.world.next_id("subscription")
    shop.world.subscriptions[number] = Subscription(
        number, settings.api_key, "collections/delete", "https://x.example.com/", now, now,
        name="handcart-collections-delete",
    )  # fmt: skip
    planned = run()
    assert (
        f"  ~ orders/create (uri: https://old.example.com/webhooks → {settings.app_url}/webhooks)"
        in planned.output
    )
    assert "  - collections/delete\n" in planned.output
    assert run("--apply").exit_code == 0
    assert "handcart-collections-delete" not in ours(shop)
    assert run().exit_code == 0


def test_a_subscription_unknown_to_us_stays_as_it_is(
    run: Run, shop: LocalShop, settings: Settings
) -> None:
    now = shop.world.stamp()
    number = shop.world.next_id("subscription")
    uri = f"{settings.app_url}/webhooks"
    foreign = Subscription(number, settings.api_key, "orders/create", uri, now, now, name="by-hand")
    shop.world.subscriptions[number] = foreign
    done = run("--apply")
    assert done.exit_code == 0
    assert "! orders/create (sent to us already by by-hand, left as it is)" in done.output
    assert shop.world.subscriptions[number] is foreign
    assert "handcart-orders-create" not in ours(shop)


def test_a_shop_that_cannot_be_reached_is_named_and_the_others_are_done(
    run: Run, shop: LocalShop, settings: Settings
) -> None:
    app = Handcart(settings)
    with app.db.writing() as work:
        dead = Tokens(access_token="shpat_dead", scopes="")
        service.install(work, GONE, tokens=dead, keyring=app.keyring, at=app.clock())
    app.close()
    done = run("--apply")
    assert done.exit_code == 1
    assert f"{GONE}: token_dead:" in done.output
    assert len(ours(shop)) > 10
    assert GONE not in run("--after", GONE).output
    assert GONE not in run("--shop", SHOP).output


def test_what_the_platform_refuses_is_said(run: Run, shop: LocalShop, settings: Settings) -> None:
    shop.world.grants[settings.api_key].scopes = ("read_products",)
    for token in shop.world.grants[settings.api_key].access.values():
        token.scopes = ("read_products",)
    done = run("--apply")
    assert done.exit_code == 1
    assert "  orders/create: topic: You do not have permission" in done.output
    assert "handcart-collections-update" in ours(shop)


def test_what_the_file_cannot_say_stays_with_the_shops(
    run: Run, shop: LocalShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = sys.modules["shop_app"].app

    def with_xml() -> Handcart:
        app = make()

        @app.webhook("collections/delete", format="XML")
        def gone(delivery: Delivery) -> None: ...

        return app  # type: ignore[no-any-return]

    monkeypatch.setattr(sys.modules["shop_app"], "app", with_xml)
    path = tmp_path / "shopify.app.toml"
    shutil.copy(TOML, path)
    planned = run("--toml", str(path))
    assert "collections/delete" in planned.output.partition(SHOP)[2]
    assert "collections/delete" not in planned.output.partition(SHOP)[0]
    assert '+  "collections/update",' in planned.output.partition(SHOP)[0]


def test_with_the_file_every_topic_goes_there_and_leaves_the_shops(
    run: Run, shop: LocalShop, tmp_path: Path
) -> None:
    path = tmp_path / "shopify.app.toml"
    shutil.copy(TOML, path)
    run("--apply")
    planned = run("--toml", str(path))
    assert planned.exit_code == 1
    assert '+  "collections/update",' in planned.output
    assert path.read_text() == TOML.read_text()
    done = run("--toml", str(path), "--apply")
    assert done.exit_code == 0
    assert "written; `shopify app deploy` makes it so" in done.output
    entries = tomllib.loads(path.read_text())["webhooks"]["subscriptions"]
    assert "collections/update" in entries[0]["topics"]
    assert ours(shop) == set()
    assert run("--toml", str(path)).exit_code == 0
