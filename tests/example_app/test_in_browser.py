"""The pages in a real browser: what moves by itself, what must not, and whether all can use them.

App Bridge is a stand-in here that does the one thing the pages need: every fetch carries a token.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from example_app import assets, create_handcart
from handcart import Handcart, Settings
from handcart.compliance import service as compliance
from handcart.pickups import (
    PageLink,
    Pickup,
    State,
    code_for,
    planning,
    queries,
    service,
    sign_link,
)
from handcart.pickups.rules import StoreRules
from handcart.platform.port import FulfillmentLine, FulfillmentOrder, ShopProfile, StoreLocation
from handcart.serving import Served, as_asgi
from handcart.shops import service as shops
from handcart.shops.model import Tokens
from handcart.stock import service as stock
from handcart.storage import metadata
from tests.example_app.news import busy_day

pytestmark = pytest.mark.browser

SHOP = "juniper-tea.myshopify.com"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
APP_BRIDGE = """(() => {
  const plain = window.fetch;
  window.fetch = (input, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("Authorization", "Bearer " + %s);
    return plain(input, { ...init, headers });
  };
})();"""
NAMES = ["Mina Sato", "Elena Petrova", "Iñaki Sánchez", "سارا احمدی"]
ITEMS = ["Gyokuro, 50 g", "Tea caddy of cherry bark", "Moroccan mint, 250 g", "Glass teapot"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    path = os.environ.get("HANDCART_CHROMIUM") or found
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def app(settings: Settings) -> Iterator[Handcart]:
    """The sample app on a port of its own, with one shop of two stores."""
    assets.fetch()

    async def pages(scope: Any, receive: Any, send: Any) -> None:
        await asgi(scope, receive, send)

    served = Served(pages, host="127.0.0.1", port=0)
    app = create_handcart(replace(settings, app_url=f"http://127.0.0.1:{served.port}"))
    asgi = as_asgi(app.flask, threads=8)
    furnish(app)
    served.start()
    yield app
    served.stop()
    app.close()


def furnish(app: Handcart) -> None:
    at = app.clock()
    stores = [
        StoreLocation(
            31, "Harbour", "Quay 4, Varna", "+359 2 555 0101", True, True, "Mo-Fr 09:00-19:00"
        ),
        StoreLocation(32, "Old Town", "Lime street 12, Plovdiv", "", True, True, "24/7"),
    ]
    with app.db.writing() as work:
        metadata.create_all(work)
        tokens = Tokens("shpat_of_the_test", "read_orders", expires_at=None)
        shops.install(work, SHOP, tokens=tokens, keyring=app.keyring, at=at)
        profile = ShopProfile("Juniper Tea", "Europe/Sofia", "EUR", "owner@example.com")
        shops.mirror(work, SHOP, profile, at=at)
        stock.mirror(work, SHOP, locations=stores, levels=[], at=at)


@pytest.fixture
def place(app: Handcart) -> Callable[..., Pickup]:
    def arrive(number: int, *, ready: bool = False, location_id: int = 31) -> Pickup:
        order = FulfillmentOrder(
            fulfillment_order_id=number + 8000,
            order_id=number,
            order_name=f"#{number}",
            method="pick_up",
            status="open",
            location_id=location_id,
            customer_name=NAMES[number % 4],
            customer_id=77,
            covers_order=True,
            updated_at=app.clock(),
            lines=(FulfillmentLine(1, 501, ITEMS[number % 4], f"SKU-{number}", 1 + number % 3),),
        )
        with app.db.writing() as work:
            pickup = service.request_pickup(work, SHOP, order, at=app.clock())
            assert pickup
            if ready:
                return service.mark_ready(
                    work, SHOP, pickup.pickup_id, by="staff:1", at=app.clock()
                )
            return pickup

    return arrive


def token(app: Handcart) -> str:
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": app.settings.api_key,
        "sub": "7",
        "nbf": now,
        "exp": now + 60,
    }
    return jwt.encode(claims, app.settings.api_secret.encode().ljust(32, b"\0"), "HS256")


class Visit:
    """One page in one browser window; ``trouble`` collects what the console complained about."""

    def __init__(self, browser: Browser, app: Handcart, **context: Any) -> None:
        self.app = app
        self.context = browser.new_context(**context)
        self.context.route("**/app-bridge.js", self._bridge)
        self.page: Page = self.context.new_page()
        self.trouble: list[str] = []
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))

    def merchant(self, path: str, **query: str) -> Page:
        query |= {"id_token": token(self.app), "shop": SHOP, "host": "YWRtaW4", "embedded": "1"}
        self.page.goto(f"{self.app.settings.app_url}{path}?{urlencode(query)}")
        return self.page

    def shopper(self, pickup: Pickup, **query: str) -> Page:
        link = sign_link(self.app.keyring, PageLink(SHOP, pickup.pickup_id, pickup.generation))
        self.page.goto(f"{self.app.settings.app_url}/pickup/{link}?{urlencode(query)}")
        return self.page

    def _bridge(self, route: Route) -> None:
        body = APP_BRIDGE % json.dumps(token(self.app))
        route.fulfill(body=body, content_type="text/javascript")


@pytest.fixture
def visit(browser: Browser, app: Handcart) -> Iterator[Callable[..., Visit]]:
    opened: list[Visit] = []

    def open_window(**context: Any) -> Visit:
        opened.append(Visit(browser, app, **context))
        return opened[-1]

    yield open_window
    for one in opened:
        assert one.trouble == []
        one.context.close()


def state_of(app: Handcart, pickup: Pickup) -> State:
    with app.db.reading() as view:
        return queries.get(view, SHOP, pickup.pickup_id).state


def test_a_pickup_from_order_to_hand_over_with_two_taps_and_a_code(
    app: Handcart, place: Callable[..., Pickup], visit: Callable[..., Visit]
) -> None:
    counter = visit().merchant("/counter")
    expect(counter.get_by_text("All prepared.")).to_be_visible()
    pickup = place(1001)
    card = counter.locator(f"#pickup-{pickup.pickup_id}")
    expect(card).to_be_visible()
    expect(counter).to_have_title(re.compile(r"^\(1\) Counter"))
    phone = visit(viewport={"width": 390, "height": 844}).shopper(pickup)
    card.get_by_role("button", name="Mark ready").click()
    expect(counter.get_by_role("status").first).to_contain_text("#1001 is ready")
    expect(phone.get_by_role("heading", name="Ready for you")).to_be_visible()
    code = phone.locator(".code").inner_text()
    card.get_by_label("Code of #1001").fill(code)
    card.get_by_role("button", name="Hand over").click()
    expect(card).to_have_count(0)
    expect(phone.get_by_role("heading", name="Collected")).to_be_visible()
    assert state_of(app, pickup) is State.COLLECTED


def test_polling_is_answered_304_and_leaves_typing_and_open_menus_alone(
    place: Callable[..., Pickup], visit: Callable[..., Visit]
) -> None:
    first = place(1001, ready=True)
    page = visit().merchant("/counter")
    entry = page.get_by_label("Code of #1001")
    entry.fill("7K3M")
    with page.expect_response(lambda response: "/queue" in response.url) as polled:
        pass
    assert polled.value.status in (200, 304)
    page.locator(f"#pickup-{first.pickup_id} .more").click()
    page.locator(f"#reason-{first.pickup_id}").select_option("damaged")
    second = place(1002)
    expect(page.locator(f"#pickup-{second.pickup_id}")).to_be_visible()
    expect(entry).to_have_value("7K3M")
    expect(page.locator(f"#more-{first.pickup_id}")).to_be_visible()
    expect(page.locator(f"#reason-{first.pickup_id}")).to_have_value("damaged")
    with page.expect_response(lambda response: response.status == 304) as unchanged:
        pass
    assert "/queue" in unchanged.value.url
    expect(entry).to_have_value("7K3M")
    expect(page.locator(f"#reason-{first.pickup_id}")).to_have_value("damaged")


def test_a_wrong_code_keeps_the_place_and_says_why(
    app: Handcart, place: Callable[..., Pickup], visit: Callable[..., Visit]
) -> None:
    pickup = place(1001, ready=True)
    page = visit().merchant("/counter")
    entry = page.get_by_label("Code of #1001")
    entry.fill("0000 0000")
    entry.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not the code of this order")
    expect(entry).to_be_focused()
    entry.fill(code_for(app.keyring, SHOP, pickup.pickup_id, generation=1))
    entry.press("Enter")
    expect(page.locator(f"#pickup-{pickup.pickup_id}")).to_have_count(0)
    assert state_of(app, pickup) is State.COLLECTED


def test_after_the_trial_a_page_stays_and_says_why_nothing_was_changed(
    app: Handcart, visit: Callable[..., Visit]
) -> None:
    installed = metadata.tables["installations"]
    with app.db.writing() as work:
        long_ago = app.clock() - timedelta(days=15)
        work.execute(installed.update().values(first_installed_at=long_ago))
    page = visit().merchant("/stores/31")
    notice = page.locator("#plan .notice")
    expect(notice).to_have_attribute("role", "status")
    page.locator("#prep_minutes").fill("45")
    for _ in range(2):
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("Your trial is over")
        expect(notice).to_have_count(1)
    expect(page.locator("#prep_minutes")).to_have_value("45")
    assert Axe().run(page).response["violations"] == []
    with app.db.reading() as view:
        assert planning.rules_of(view, SHOP, 31) == StoreRules()


def test_pages_of_the_admin_are_walked_without_a_new_token_in_the_address(
    place: Callable[..., Pickup], visit: Callable[..., Visit]
) -> None:
    place(1001, location_id=32)
    page = visit().merchant("/")
    page.get_by_role("link", name="Open counter Old Town").click()
    expect(page.get_by_role("heading", name="#1001")).to_be_visible()
    assert "id_token" not in page.url
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", name="Juniper Tea")).to_be_visible()


def test_a_lost_connection_is_said_and_forgotten(
    place: Callable[..., Pickup], visit: Callable[..., Visit]
) -> None:
    window = visit()
    page = window.merchant("/counter")
    window.context.set_offline(True)
    expect(page.get_by_text("No connection.")).to_be_visible()
    window.context.set_offline(False)
    expect(page.get_by_text("No connection.")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_the_shopper_cancels_with_and_without_scripts(
    scripts: bool,
    app: Handcart,
    place: Callable[..., Pickup],
    visit: Callable[..., Visit],
) -> None:
    pickup = place(1001)
    page = visit(java_script_enabled=scripts).shopper(pickup)
    page.get_by_role("button", name="Cancel this order").click()
    assert state_of(app, pickup) is State.REQUESTED
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    assert state_of(app, pickup) is State.CANCELLED


def test_what_rests_is_followed_and_tried_again(app: Handcart, visit: Callable[..., Visit]) -> None:
    busy_day(app)
    page = visit().merchant("/")
    page.get_by_role("link", name="What became of it").click()
    expect(page.get_by_role("heading", name="News from your shop")).to_be_visible()
    page.get_by_role("link", name="Look closer Tell your shop that an order is ready").click()
    expect(page.get_by_role("heading", name="Stock changed", level=1)).to_be_visible()
    page.locator(".effects").get_by_role("button", name="Try again").click()
    expect(page.get_by_text("1 is tried again.")).to_be_visible()
    expect(page.get_by_text("Let go again")).to_be_visible()
    page.get_by_role("link", name="News from your shop").click()
    page.get_by_role("button", name="Try all again").click()
    expect(page.get_by_text("4 are tried again.")).to_be_visible()
    expect(page.get_by_text("Everything was understood.")).to_be_visible()
    assert "id_token" not in page.url


def ask_for_data(app: Handcart) -> None:
    """Customer 77 asks for her data, and another one was erased."""
    at = app.clock()
    with app.db.writing() as work:
        compliance.answer(work, SHOP, request_id="ask-1", customer_id=77, at=at)
        compliance.erase_customer(
            work, SHOP, request_id="erase-1", customer_id=78, asked_at=at, at=at
        )


@pytest.mark.parametrize("ending", ["html", "json"])
def test_an_export_is_downloaded_out_of_the_frame(
    app: Handcart, place: Callable[..., Pickup], visit: Callable[..., Visit], ending: str
) -> None:
    place(1001)
    ask_for_data(app)
    page = visit().merchant("/")
    page.get_by_role("link", name="Privacy").click()
    name = {"html": "Download the page 77", "json": "Download as JSON 77"}[ending]
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    assert download.value.suggested_filename == f"customer-77.{ending}"
    assert NAMES[1001 % 4] in download.value.path().read_text()
    page.get_by_role("link", name="Read it 77").click()
    expect(page.get_by_role("heading", name="Customer 77")).to_be_visible()
    expect(page.get_by_text(NAMES[1001 % 4])).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "locale"), [(390, "en"), (820, "fa"), (1440, "bg")])
def test_everybody_can_use_every_page(
    scheme: Any,
    width: int,
    locale: str,
    app: Handcart,
    place: Callable[..., Pickup],
    visit: Callable[..., Visit],
) -> None:
    waiting, ready = place(1001), place(1002, ready=True)
    busy_day(app)
    ask_for_data(app)
    window = visit(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    looks: list[Callable[[], Page]] = [
        lambda: window.merchant("/", locale=locale),
        lambda: window.merchant("/deliveries", locale=locale),
        lambda: opened(window.page, "details summary"),
        lambda: window.merchant("/deliveries/trace", locale=locale, id="level-1"),
        lambda: opened(window.page, "#payload summary"),
        lambda: window.merchant("/privacy", locale=locale),
        lambda: window.merchant("/privacy/export", locale=locale, id="ask-1"),
        lambda: window.merchant("/counter", locale=locale),
        lambda: opened(window.page, f"#pickup-{ready.pickup_id} .more"),
        lambda: window.shopper(waiting, locale=locale),
        lambda: opened(window.page, "[popovertarget=cancel]"),
        lambda: window.shopper(ready, locale=locale),
    ]
    for look in looks:
        page = look()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def opened(page: Page, button: str) -> Page:
    page.locator(button).first.click()
    return page


def test_everything_at_the_counter_is_large_enough_for_a_thumb(
    place: Callable[..., Pickup], visit: Callable[..., Visit]
) -> None:
    place(1001), place(1002, ready=True)
    page = visit(viewport={"width": 390, "height": 844}).merchant("/counter")
    for target in page.locator("a:visible, button:visible, input:visible, select:visible").all():
        box = target.bounding_box()
        assert box and box["height"] >= 44 and box["width"] >= 44, target.inner_text()


def test_a_scanned_code_finds_its_order_among_many_and_one_tap_hands_it_over(
    app: Handcart, visit: Callable[..., Visit], place: Callable[..., Pickup]
) -> None:
    """A scanner is a keyboard that types fast and presses Enter."""
    for number in range(1101, 1145):
        place(number, ready=True)
    wanted = place(1200, ready=True)
    code = code_for(app.keyring, SHOP, wanted.pickup_id, generation=1)
    page = visit().merchant("/counter", store="31")
    expect(page.locator("article.card")).to_have_count(30)
    page.get_by_label("Find an order").press_sequentially(code)
    page.keyboard.press("Enter")
    expect(page.locator("article.card")).to_have_count(1)
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.locator("#said")).to_have_text("#1200 is handed over.")
    assert state_of(app, wanted) is State.COLLECTED


def test_a_part_is_reported_missing_and_the_shopper_chooses(
    app: Handcart, visit: Callable[..., Visit], place: Callable[..., Pickup]
) -> None:
    pickup = place(1001)
    staff = visit(viewport={"width": 390, "height": 800}).merchant("/counter", store="31")
    shopper = visit(viewport={"width": 390, "height": 800}).shopper(pickup)
    staff.get_by_role("button", name="Accept").click()
    expect(staff.locator(".chips")).to_contain_text("Accepted")
    staff.get_by_role("button", name="More", exact=True).click()
    staff.get_by_text("Only a part is there").click()
    staff.locator(f"#miss-{pickup.pickup_id}-1").fill("1")
    assert Axe().run(staff).violations_count == 0
    staff.get_by_role("button", name="These are missing").click()
    expect(staff.locator("article .chips")).to_contain_text("Something is missing")
    choice = shopper.get_by_role("button", name="Refund it, give me the rest")
    expect(choice).to_be_visible()
    assert Axe().run(shopper).violations_count == 0
    assert Axe().run(staff).violations_count == 0
    choice.click()
    expect(shopper.get_by_role("heading", level=1)).to_have_text("We are preparing your order")
    staff.get_by_role("button", name="Mark ready").click()
    expect(shopper.get_by_role("img", name=re.compile("^Your code as"))).to_be_visible()
    shopper.get_by_label("Where we find you").fill("Red car")
    shopper.get_by_role("button", name="I am here").click()
    expect(staff.locator("article .chips")).to_contain_text("Here now")
    expect(staff.locator("article .chips")).to_contain_text("Red car")
