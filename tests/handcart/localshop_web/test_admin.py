from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from handcart.localshop import orders, tokens
from handcart.localshop.server import LocalShop
from handcart.localshop.world import Order, OrderLine, Pickup
from handcart.platform.shopify.verify import verify_id_token, verify_query
from tests.handcart.localshop_web.listening import Browser, Receiver


def frame(browser: Browser, path: str = "") -> str:
    page = browser.get(f"/admin/apps/handcart{path}").text
    found = re.search(r'<iframe[^>]*\ssrc="([^"]+)"', page)
    assert found is not None
    return html.unescape(found[1])


def order_of(shop: LocalShop, variant_id: int) -> Order:
    return orders.place(
        shop.world,
        lines=[OrderLine(variant_id, 2)],
        email="a@example.com",
        delivery=Pickup(next(iter(shop.world.locations))),
    )


def test_the_frame_opens_the_app_with_a_query_that_verifies(
    browser: Browser, shop: LocalShop
) -> None:
    address = urlsplit(frame(browser))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{shop.app.app_url}/"
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert set(query) == {
        "embedded",
        "hmac",
        "host",
        "id_token",
        "locale",
        "session",
        "shop",
        "timestamp",
    }
    at = datetime.now(UTC)
    assert verify_query(address.query.encode(), secrets=[shop.app.client_secret], at=at).ok
    verdict = verify_id_token(
        query["id_token"],
        api_key=shop.app.client_id,
        secrets=[shop.app.client_secret],
        at=at,
    )
    assert (verdict.ok, verdict.shop) == (True, "juniper-tea.myshopify.com")


def test_a_page_below_the_app_keeps_its_path_and_its_own_query_is_signed_too(
    browser: Browser, shop: LocalShop
) -> None:
    address = urlsplit(frame(browser, "/counter/7?tab=late"))
    assert address.path == "/counter/7"
    assert parse_qs(address.query)["tab"] == ["late"]
    secrets = [shop.app.client_secret]
    assert verify_query(address.query.encode(), secrets=secrets, at=datetime.now(UTC)).ok


def test_the_chosen_member_of_staff_is_the_one_in_the_token(
    browser: Browser, shop: LocalShop
) -> None:
    chosen = list(shop.world.staff)[2]
    browser.post("/admin/staff", data={"staff": chosen})
    token = browser.post("/admin/id-token").json()["id_token"]
    verdict = verify_id_token(
        token,
        api_key=shop.app.client_id,
        secrets=[shop.app.client_secret],
        at=datetime.now(UTC),
    )
    assert (verdict.ok, verdict.user_id) == (True, chosen)


def test_no_token_for_an_app_that_is_not_installed(browser: Browser, shop: LocalShop) -> None:
    tokens.uninstall(shop.world, shop.app.client_id)
    assert browser.post("/admin/id-token").status_code == 403
    assert "is not installed" in browser.get("/admin/apps/handcart").text


def test_another_site_gets_no_token(browser: Browser) -> None:
    evil = {"Origin": "https://evil.example.com"}
    assert browser.post("/admin/id-token", headers=evil).status_code == 403
    assert browser.post("/admin/uninstall", headers={"Origin": "null"}).status_code == 403


def test_installing_and_removing_by_a_person_and_by_a_program(
    browser: Browser, shop: LocalShop, receiver: Receiver
) -> None:
    answer = browser.post("/admin/uninstall")
    assert (answer.status_code, answer.json()) == (200, {"installed": False})
    assert shop.world.grants == {}
    page = browser.post("/admin/install", headers={"Accept": "text/html"}, allow_redirects=False)
    assert (page.status_code, page.headers["Location"]) == (303, "/admin/apps/handcart")
    assert list(shop.world.grants) == ["handcart-local"]
    assert shop.deliveries.flush(5)
    assert [got.topic for got in receiver.got] == ["app/uninstalled"]


def exchanged(browser: Browser, shop: LocalShop, **more: Any) -> Any:
    token = browser.post("/admin/id-token").json()["id_token"]
    body = {
        "client_id": shop.app.client_id,
        "client_secret": shop.app.client_secret,
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
        "expiring": "1",
    }
    return body | more


def test_a_token_is_exchanged_as_json_and_as_a_form(browser: Browser, shop: LocalShop) -> None:
    for way in ("json", "data"):
        answer = browser.post("/admin/oauth/access_token", **{way: exchanged(browser, shop)})
        assert (answer.status_code, answer.json()["expires_in"]) == (200, 3600)
    bad = browser.post("/admin/oauth/access_token", json=exchanged(browser, shop, client_secret=""))
    assert (bad.status_code, bad.json()) == (400, {"error": "invalid_client"})
    bad = browser.post(
        "/admin/oauth/access_token", data=b"{", headers={"Content-Type": "application/json"}
    )
    assert (bad.status_code, bad.json()) == (400, {"error": "invalid_request"})


def test_the_admin_api_answers_over_http(browser: Browser, shop: LocalShop) -> None:
    token = browser.post("/admin/oauth/access_token", json=exchanged(browser, shop)).json()
    answer = browser.post(
        "/admin/api/2026-10/graphql.json",
        json={"query": "{ shop { name myshopifyDomain } }"},
        headers={"X-Shopify-Access-Token": token["access_token"]},
    )
    assert answer.status_code == 200
    assert answer.json()["data"]["shop"] == {
        "name": "Juniper Tea",
        "myshopifyDomain": "juniper-tea.myshopify.com",
    }
    assert answer.headers["X-Shopify-API-Version"] == "2026-10"
    refused = browser.post("/admin/api/2026-10/graphql.json", json={"query": "{ shop { name } }"})
    assert refused.status_code == 401
    broken = browser.post("/admin/api/2026-10/graphql.json", data=b"nonsense")
    assert broken.status_code == 400


def test_the_merchant_marks_an_order_as_fulfilled(
    browser: Browser, shop: LocalShop, stocked: list[int]
) -> None:
    order = order_of(shop, stocked[0])
    assert order.name in browser.get("/admin").text
    assert "Mark as fulfilled" in browser.get(f"/admin/orders/{order.id}").text
    page = browser.post(f"/admin/orders/{order.id}/fulfil")
    assert order.fulfillment_status == "fulfilled"
    assert "Mark as fulfilled" not in page.text


def test_the_merchant_cancels_an_order_and_only_once(
    browser: Browser, shop: LocalShop, receiver: Receiver, stocked: list[int]
) -> None:
    order = order_of(shop, stocked[0])
    form = {"reason": "inventory", "restock": "on"}
    assert browser.post(f"/admin/orders/{order.id}/cancel", data=form).status_code == 200
    assert order.cancel_reason == "inventory"
    again = browser.post(f"/admin/orders/{order.id}/cancel", data=form)
    assert (again.status_code, "already been canceled" in again.text) == (409, True)
    assert shop.deliveries.flush(5)
    assert len(receiver.webhooks("orders/cancelled")) == 1


def test_the_merchant_sets_a_stock_number(
    browser: Browser, shop: LocalShop, receiver: Receiver, stocked: list[int]
) -> None:
    item = shop.world.variants[stocked[0]].inventory_item_id
    place = next(iter(shop.world.locations))
    browser.post("/admin/stock", data={"item": item, "location": place, "available": 41})
    assert shop.world.levels[item, place].available == 41
    assert shop.deliveries.flush(5)
    [got] = receiver.webhooks("inventory_levels/update")
    assert got.json["available"] == 41
    assert browser.post("/admin/stock", data={"item": "x"}).status_code == 400


def test_unknown_things_are_not_found(browser: Browser) -> None:
    for path in ("/admin/orders/1", "/admin/apps/other", "/nowhere"):
        assert browser.get(path).status_code == 404
