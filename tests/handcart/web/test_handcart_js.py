"""``handcart.js`` in a real browser: the theme loads it, and nothing else moves the cart."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from example_app import create_handcart
from handcart.testing import Street, open_street
from tests.browser.chromium import chromium

in_browser = pytest.mark.browser

ROOT = Path(__file__).parents[3]
TOML = ROOT / "example_app" / "shopify.app.toml"
SCRIPT = ROOT / "sdk" / "handcart" / "web" / "static" / "handcart.js"


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with open_street(
        create_handcart, toml=TOML, folder=tmp_path_factory.mktemp("street")
    ) as street:
        yield street


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    yield context
    context.close()


@pytest.fixture
def laptop(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


def sign_in(page: Page, street: Street, email: str) -> None:
    page.goto(f"{street.shop.url}/account/login")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill("tea")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account")


def product_page(street: Street, place: int = 0) -> str:
    world = street.shop.world
    variant = world.variants[street.variants()[place]]
    return f"{street.shop.url}/products/{world.products[variant.product_id].handle}"


def add_to_cart(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("[data-said]")).to_contain_text("Added")


def focus(page: Page) -> None:
    """The shopper looks at the page again."""
    page.evaluate("window.dispatchEvent(new Event('focus'))")


@in_browser
def test_a_browser_without_network_catches_up_later(
    street: Street, phone: BrowserContext, laptop: BrowserContext
) -> None:
    here, there = phone.new_page(), laptop.new_page()
    sign_in(here, street, "daniel@example.com")
    sign_in(there, street, "daniel@example.com")
    there.goto(product_page(street))
    there.wait_for_load_state("networkidle")
    laptop.set_offline(True)
    focus(there)
    add_to_cart(here, product_page(street))
    here.wait_for_load_state("networkidle")
    laptop.set_offline(False)
    focus(there)
    expect(there.locator("[data-cart-count]")).to_have_text("1")


@in_browser
def test_a_browser_that_may_store_nothing_keeps_in_step(
    street: Street, phone: BrowserContext, laptop: BrowserContext
) -> None:
    for context in (phone, laptop):
        context.add_init_script(
            "for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty("
            "window, name, {get() { throw new DOMException('denied', 'SecurityError'); }});"
            "Object.defineProperty(navigator, 'locks', {value: undefined});"
        )
    here, there = phone.new_page(), laptop.new_page()
    sign_in(here, street, "mira@example.com")
    add_to_cart(here, product_page(street))
    here.wait_for_load_state("networkidle")
    sign_in(there, street, "mira@example.com")
    expect(there.locator("[data-cart-count]")).to_have_text("1")
    for page in (here, there):
        page.reload()
        page.wait_for_load_state("networkidle")
        expect(page.locator("[data-cart-count]")).to_have_text("1")


@in_browser
def test_stores_with_stock_stand_under_the_product_without_moving_anything(
    street: Street, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.add_init_script(
        "window.shifts = 0; new PerformanceObserver((list) => list.getEntries().forEach("
        "(entry) => { window.shifts += entry.value; }))"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    page.goto(product_page(street))
    expect(page.locator(".handcart-stock li").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifts") < 0.01


def test_the_script_is_small() -> None:
    assert len(gzip.compress(SCRIPT.read_bytes())) <= 10_000


def test_the_theme_extension_ships_this_very_script() -> None:
    asset = ROOT / "example_app/extensions/handcart-theme/assets/handcart.js"
    assert asset.resolve() == SCRIPT
    assert not Path(os.readlink(asset)).is_absolute()
