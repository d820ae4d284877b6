"""A shopper chooses where to collect: by where they are, by a town, with the keyboard alone."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

import handcart.web
from handcart.testing import Street
from tests.browser.conftest import DESKTOP, PHONE, Opens
from tests.browser.shopper import Device
from tests.browser.test_first_impression import SHIFTS, settled

STATIC = Path(handcart.web.__file__).parent / "static"
# In the middle of Plovdiv, to a metre.
PLOVDIV = {"latitude": 42.14387, "longitude": 24.74953}
PRODUCT = "/products/tea-tin"


def test_the_script_of_the_chooser_is_small() -> None:
    assert len(gzip.compress((STATIC / "handcart-stores.js").read_bytes(), 9)) <= 6_000


def test_every_text_of_the_chooser_is_in_every_language() -> None:
    folder = Path(__file__).parents[2] / "example_app/extensions/handcart-theme"
    block = (folder / "blocks/handcart.liquid").read_text()
    asked = set(re.findall(r"'handcart\.(\w+)' \| t", block))
    for path in folder.glob("locales/*.json"):
        assert set(json.loads(path.read_text())["handcart"]) >= asked, path.name


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def names(page: Page) -> Locator:
    return dialog(page).locator("li strong")


@pytest.mark.browser
@pytest.mark.parametrize("kind", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_near_me_sorts_by_distance_and_tells_the_app_a_rounded_place_only(
    street: Street, opens: Opens, kind: dict[str, Any]
) -> None:
    context = opens(**kind, geolocation=PLOVDIV, permissions=["geolocation"])
    shopper = Device(street, context)
    sent: list[Any] = []
    context.on(
        "request",
        lambda asked: (
            sent.append(asked.post_data_json) if "/handcart/stores" in asked.url else None
        ),
    )
    page = shopper.visit(PRODUCT)
    page.get_by_role("button", name="Choose a store").click()
    expect(names(page)).to_have_count(3)
    assert all(asked.get("near") is None for asked in sent)
    dialog(page).get_by_role("button", name="Near me").click()
    expect(names(page).first).to_have_text("Old Town")
    expect(dialog(page).locator("li").first).to_contain_text(" 1 km")
    assert sent[-1]["near"] == {"latitude": 42.14, "longitude": 24.75}
    assert "42.1438" not in str(sent)
    dialog(page).get_by_role("button", name="Choose: Old Town").click()
    expect(dialog(page)).to_have_count(0)
    mine = page.locator(".handcart-store")
    expect(mine).to_contain_text("Old Town")
    expect(mine).to_contain_text(re.compile(r"Ready (today|tomorrow|\w+day)"))
    # It is the same store on the next page, and nothing asked for the place again.
    page.goto(f"{street.shop.url}/products/mountain-juniper-tea")
    expect(page.locator(".handcart-store strong")).to_have_text("Old Town")
    assert sent[-1].get("near") is None


@pytest.mark.browser
def test_the_keyboard_alone_finds_a_store_by_its_town(street: Street, opens: Opens) -> None:
    page = Device(street, opens(**DESKTOP)).visit(PRODUCT)
    opener = page.get_by_role("button", name="Choose a store")
    opener.focus()
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_label("Postcode or town")).to_be_focused()
    expect(names(page)).to_have_count(3)
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("varna")
    page.keyboard.press("Enter")
    expect(names(page).first).to_have_text("Sea Garden")
    for name in ("Search", "Near me", "Choose: Sea Garden"):
        page.keyboard.press("Tab")
        expect(dialog(page).get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Choose another store")).to_be_focused()
    expect(page.locator(".handcart-store")).to_contain_text("Sea Garden")


@pytest.mark.browser
def test_a_customers_store_is_known_on_their_other_device(street: Street, opens: Opens) -> None:
    phone, desktop = Device(street, opens(**PHONE)), Device(street, opens(**DESKTOP))
    for device in (phone, desktop):
        device.sign_in("mira@example.com")
    page = phone.visit(PRODUCT)
    page.get_by_role("button", name="Choose a store").click()
    with page.expect_response("**/stores/choice*"):
        dialog(page).get_by_role("button", name="Choose: Sea Garden").click()
    desktop.visit(PRODUCT)
    expect(desktop.page.locator(".handcart-store strong")).to_have_text("Sea Garden")


@pytest.mark.browser
def test_whoever_does_not_want_to_say_where_they_are_is_told_what_to_do(
    street: Street, opens: Opens
) -> None:
    page = Device(street, opens(**PHONE)).visit(PRODUCT)
    page.get_by_role("button", name="Choose a store").click()
    dialog(page).get_by_role("button", name="Near me").click()
    expect(dialog(page).get_by_role("status")).to_contain_text("Type a postcode or a town")
    expect(names(page)).to_have_count(3)


@pytest.mark.browser
@pytest.mark.parametrize("kind", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["en", "fa"])
def test_nothing_jumps_and_axe_finds_nothing(
    street: Street, opens: Opens, kind: dict[str, Any], language: str
) -> None:
    context = opens(**kind)
    shopper = Device(street, context)
    page = shopper.visit(f"{PRODUCT}?locale={language}")
    page.locator(".handcart-store button").click()
    expect(names(page)).to_have_count(3)
    page.wait_for_load_state("networkidle")
    found = Axe().run(page)
    assert found.response["violations"] == [], found.generate_report()
    if language == "fa":
        expect(page.locator("html[dir=rtl] dialog")).to_contain_text("انتخاب فروشگاه")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    names(page).first.locator("xpath=ancestor::li").get_by_role("button").click()
    expect(page.locator(".handcart-store strong")).to_be_visible()
    context.add_init_script(SHIFTS)
    page.reload()
    expect(page.locator(".handcart-store strong")).to_be_visible()
    settled(page)
    assert page.evaluate("shifts") < 0.1


@pytest.mark.browser
def test_the_cart_page_shows_what_the_store_has_of_the_whole_cart(
    street: Street, opens: Opens
) -> None:
    shopper = Device(street, opens(**PHONE))
    shopper.add("tea-tin", 2)
    page = shopper.visit("/cart")
    page.get_by_role("button", name="Choose a store").click()
    expect(dialog(page).locator("li").first).to_contain_text("in stock")
    dialog(page).get_by_role("button", name="Choose: Vitosha Street").click()
    mine = page.locator(".handcart-store")
    expect(mine).to_contain_text("Ready")
    page.get_by_label("Quantity of Tea Tin").fill("99")
    page.get_by_role("button", name="Update cart").click()
    expect(page.locator(".handcart-store strong")).to_have_text("Vitosha Street")
