from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from handcart.localshop import tokens
from handcart.localshop.config import AppConfig
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from tests.handcart.localshop_web.listening import BEGIN, Browser

EMBED = """{% comment %}the embed{% endcomment %}
<script src="{{ 'cart.js' | asset_url }}" data-shop="{{ shop.permanent_domain }}"
  data-customer="{{ customer.id }}" data-poll="{{ block.settings.poll }}"
  data-cart='{{ cart.item_count | json }}' defer></script>
{% render 'hello', who: shop.name %}{{ 'words.hi' | t }}
{% schema %}
{"name": "Cart", "target": "body", "javascript": "extra.js", "stylesheet": "extra.css",
 "settings": [{"type": "range", "id": "poll", "default": 5}]}
{% endschema %}"""
SECTION = """<p>stock of {{ product.title }}</p>
{% schema %}{"name": "Stock", "target": "section", "enabled_on": {"templates": ["product"]}}
{% endschema %}"""


@pytest.fixture
def theme(tmp_path: Path) -> Path:
    for name, text in {
        "blocks/embed.liquid": EMBED,
        "blocks/stock.liquid": SECTION,
        "snippets/hello.liquid": "<b>Hello {{ who }}</b>",
        "assets/cart.js": "window.ours = 1;",
        "locales/en.default.json": '{"words": {"hi": "Good day"}}',
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def themed(config: AppConfig, theme: Path) -> Iterator[Browser]:
    with LocalShop(seed(1, BEGIN), replace(config, theme=theme)) as shop, Browser(shop) as session:
        tokens.install(shop.world, shop.app)
        yield session


def test_the_embed_stands_on_every_page(themed: Browser, stocked: list[int]) -> None:
    themed.ajax("add", {"items": [{"id": stocked[0]}]})
    themed.post("/account/login", data={"email": "mira@example.com", "password": "tea"})
    order = themed.post(
        "/checkout",
        data={
            "email": "a@example.com",
            "delivery": "pickup",
            "location": next(iter(themed.shop.world.locations)),
        },
    ).url.removeprefix(themed.shop.url)
    for path in ("/", "/products/linden-blossom", "/cart", "/account", order):
        page = themed.get(path).text
        assert 'id="shopify-block-embed"' in page, path
        assert "{%" not in page, path


def test_the_embed_is_rendered_as_liquid(themed: Browser, stocked: list[int]) -> None:
    page = themed.get("/").text
    assert 'src="/cdn/extensions/handcart/assets/cart.js?v=' in page
    assert 'data-shop="juniper-tea.myshopify.com"' in page
    assert 'data-customer=""' in page
    assert 'data-poll="5"' in page
    assert "data-cart='0'" in page
    assert "<b>Hello Juniper Tea</b>Good day" in page
    assert '<script src="/cdn/extensions/handcart/assets/extra.js?v=0" defer>' in page
    assert '<link rel="stylesheet" href="/cdn/extensions/handcart/assets/extra.css?v=0">' in page
    assert '"target": "body"' not in page
    themed.ajax("add", {"items": [{"id": stocked[0], "quantity": 2}]})
    themed.post("/account/login", data={"email": "mira@example.com", "password": "tea"})
    page = themed.get("/").text
    assert "data-cart='2'" in page
    assert f'data-customer="{next(iter(themed.shop.world.customers))}"' in page


def test_a_section_stands_where_its_schema_says(themed: Browser) -> None:
    assert "<p>stock of Linden Blossom</p>" in themed.get("/products/linden-blossom").text
    assert "stock of" not in themed.get("/").text


def test_assets_are_served_and_nothing_beside_them(themed: Browser) -> None:
    asset = themed.get("/cdn/extensions/handcart/assets/cart.js")
    assert (asset.status_code, asset.text) == (200, "window.ours = 1;")
    assert asset.headers["Content-Type"].startswith("text/javascript")
    for path in ("other/assets/cart.js", "handcart/assets/../blocks/embed.liquid"):
        assert themed.get(f"/cdn/extensions/{path}").status_code == 404
    assert (
        themed.get("/cdn/extensions/handcart/assets/%2e%2e/blocks/embed.liquid").status_code == 404
    )


def test_a_theme_is_found_from_a_relative_path(
    theme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "extensions").mkdir()
    theme.joinpath("shopify.extension.toml").write_text('type = "theme"')
    (tmp_path / "extensions" / "t").symlink_to(theme)
    text = 'client_id = "c"\nname = "n"\napplication_url = "https://a.example.com"'
    (tmp_path / "shopify.app.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    found = AppConfig.from_toml(Path("shopify.app.toml")).theme
    assert found is not None
    assert found.is_absolute()


def test_a_changed_block_is_read_again_and_a_broken_one_says_where(
    themed: Browser, theme: Path
) -> None:
    path = theme / "blocks" / "embed.liquid"
    path.write_text('new{% schema %}{"target": "body"}{% endschema %}')
    assert ">new</div>" in themed.get("/").text
    path.write_text('{% if %}{% schema %}{"target": "body"}{% endschema %}')
    page = themed.get("/")
    assert page.status_code == 200
    assert "<!-- Liquid error" in page.text


def test_nothing_of_the_app_is_shown_before_it_is_installed(themed: Browser) -> None:
    tokens.uninstall(themed.shop.world, themed.shop.app.client_id)
    assert "shopify-block" not in themed.get("/").text
