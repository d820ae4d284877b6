"""The stand-in for App Bridge, in a real browser: the admin on one origin, the app on another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import FrameLocator, Page

from handcart.localshop.server import LocalShop
from handcart.platform.shopify.verify import verify_id_token
from tests.browser.chromium import PATIENCE, chromium
from tests.handcart.localshop_web.listening import Got, Receiver, Reply

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html><head><meta charset="utf-8">
<script data-api-key="handcart-local" src="{shop}/shopifycloud/app-bridge.js"></script></head>
<body><h1>The app at {path}</h1><button id="ask" onclick="ask()">Ask</button><p id="said"></p>
<script>
async function ask() {{
  const answer = await fetch("/data", {{ method: "POST", body: "hello" }});
  document.getElementById("said").textContent = answer.status + " " + await answer.text();
  shopify.toast.show("Asked");
}}
</script></body></html>"""


@pytest.fixture
def page(shop: LocalShop, receiver: Receiver) -> Iterator[Page]:
    def answer(got: Got) -> Reply:
        path = urlsplit(got.path).path
        if path == "/data":
            return data(got)
        text = PAGE.format(shop=shop.url, path=path)
        return 200, {"Content-Type": "text/html"}, text.encode()

    def data(got: Got) -> Reply:
        asked = [each for each in receiver.got if each.path == "/data"]
        if len(asked) == 1:
            return 401, {"X-Shopify-Retry-Invalid-Session-Request": "1"}, b"again"
        return 200, {}, b"got " + got.body

    receiver.answer = answer
    with chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        yield page


def inside(page: Page) -> FrameLocator:
    return page.frame_locator("#app-frame")


def authorization(got: Got) -> str:
    """A browser writes the names of headers that a script sets in lower case."""
    return {name.lower(): value for name, value in got.headers.items()}["authorization"]


def bearer(shop: LocalShop, got: Got) -> bool:
    scheme, _, token = authorization(got).partition(" ")
    verdict = verify_id_token(
        token,
        api_key=shop.app.client_id,
        secrets=[shop.app.client_secret],
        at=datetime.now(UTC),
    )
    return scheme == "Bearer" and verdict.ok


def test_fetch_carries_a_fresh_token_and_is_repeated_once_when_the_app_asks(
    page: Page, shop: LocalShop, receiver: Receiver
) -> None:
    page.goto(f"{shop.url}/admin/apps/handcart/counter")
    inside(page).locator("#ask").click()
    inside(page).get_by_text("200 got hello").wait_for()
    asked = [got for got in receiver.got if got.path == "/data"]
    assert [got.body for got in asked] == [b"hello", b"hello"]
    assert [bearer(shop, got) for got in asked] == [True, True]
    assert authorization(asked[0]) != authorization(asked[1])
    page.get_by_role("status").get_by_text("Asked").wait_for()


def test_the_admins_address_follows_the_page_inside(
    page: Page, shop: LocalShop, receiver: Receiver
) -> None:
    page.goto(f"{shop.url}/admin/apps/handcart")
    inside(page).get_by_text("The app at /").wait_for()
    inside(page).locator("body").evaluate("() => { location.href = '/counter/7?x=1'; }")
    inside(page).get_by_text("The app at /counter/7").wait_for()
    page.wait_for_url("**/admin/apps/handcart/counter/7")


def test_a_page_without_a_token_is_loaded_again_with_one(
    page: Page, shop: LocalShop, receiver: Receiver
) -> None:
    page.goto(f"{shop.url}/admin/apps/handcart")
    inside(page).get_by_text("The app at /").wait_for()
    patch = "/patch?shopify-reload=" + "%2Fcounter%3Ftab%3Dlate"
    inside(page).locator("body").evaluate("(_, to) => { location.href = to; }", patch)
    inside(page).get_by_text("The app at /counter").wait_for()
    loaded = next(got for got in receiver.got if got.path.startswith("/counter?"))
    query = {name: values[0] for name, values in parse_qs(urlsplit(loaded.path).query).items()}
    assert (query["tab"], query["shop"], query["embedded"]) == (
        "late",
        "juniper-tea.myshopify.com",
        "1",
    )
    verdict = verify_id_token(
        query["id_token"],
        api_key=shop.app.client_id,
        secrets=[shop.app.client_secret],
        at=datetime.now(UTC),
    )
    assert verdict.ok


def test_the_way_back_leads_nowhere_else(page: Page, shop: LocalShop, receiver: Receiver) -> None:
    page.goto(f"{shop.url}/admin/apps/handcart")
    inside(page).get_by_text("The app at /").wait_for()
    patch = "/patch?shopify-reload=https%3A%2F%2Fevil.example.com%2F"
    inside(page).locator("body").evaluate("(_, to) => { location.href = to; }", patch)
    inside(page).get_by_text("The app at /patch").wait_for()
    page.wait_for_timeout(200)
    inside(page).get_by_text("The app at /patch").wait_for()


def test_a_page_opened_outside_the_admin_is_taken_into_it(
    page: Page, shop: LocalShop, receiver: Receiver
) -> None:
    page.goto(f"{receiver.url}/counter")
    page.wait_for_url(f"{shop.url}/admin/apps/**")
    inside(page).get_by_text("The app at /counter").wait_for()
