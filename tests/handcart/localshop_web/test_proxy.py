from __future__ import annotations

import time
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from handcart.localshop import tokens
from handcart.localshop.server import LocalShop
from handcart.localshop.signing import proxy_signature
from handcart.localshop.storefront import proxy
from handcart.platform.shopify.verify import verify_proxy
from tests.handcart.localshop_web.listening import Browser, Got, Receiver, Reply

# shopify.dev, "Authenticate app proxies", secret "hush".
VECTOR = (
    ("extra", "1"),
    ("extra", "2"),
    ("shop", "shop-name.myshopify.com"),
    ("path_prefix", "/apps/awesome_reviews"),
    ("timestamp", "1317327555"),
)


@pytest.mark.parametrize(
    ("customer", "signature"),
    [
        ("1", "4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb"),
        ("", "e072b6d7e6622d85912a5214b860d3100dc1e73d9bc29f43796ac8c9ff8093cb"),
    ],
)
def test_the_signature_is_the_published_one(customer: str, signature: str) -> None:
    params = (*VECTOR, ("logged_in_customer_id", customer), ("signature", "not signed itself"))
    assert proxy_signature(params, "hush") == signature


def query_of(got: Got) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(got.path).query, keep_blank_values=True)


def test_a_guest_is_named_by_an_empty_customer_id(
    browser: Browser, receiver: Receiver, shop: LocalShop
) -> None:
    browser.get("/apps/handcart/stock?variant=7&variant=8&q=%D1%87%D0%B0%D0%B9&empty=")
    [got] = receiver.got
    assert got.path.startswith("/proxy/stock?")
    query = query_of(got)
    names = [name for name, _ in query]
    assert names == [
        "variant",
        "variant",
        "q",
        "empty",
        "shop",
        "logged_in_customer_id",
        "path_prefix",
        "timestamp",
        "signature",
    ]
    values = dict(query)
    assert (values["q"], values["shop"]) == ("чай", "juniper-tea.myshopify.com")
    assert (values["logged_in_customer_id"], values["path_prefix"]) == ("", "/apps/handcart")
    assert abs(time.time() - int(values["timestamp"])) < 5
    assert values["signature"] == proxy_signature(query, shop.app.client_secret)


def test_the_app_can_verify_what_the_shop_signs(
    browser: Browser, receiver: Receiver, shop: LocalShop
) -> None:
    sign_in(browser)
    browser.get("/apps/handcart/pickup?order=abc&x=a%26b%3Dc&y=%2B+1")
    verdict = verify_proxy(
        urlsplit(receiver.got[0].path).query.encode(),
        secrets=[shop.app.client_secret],
        at=datetime.now(UTC),
    )
    mira = shop.world.customer_by_email("mira@example.com")
    assert mira is not None
    assert (verdict.ok, verdict.shop, verdict.customer_id) == (
        True,
        "juniper-tea.myshopify.com",
        mira.id,
    )


def sign_in(browser: Browser) -> None:
    browser.post("/account/login", data={"email": "mira@example.com", "password": "tea"})


def test_a_shopper_cannot_set_what_the_platform_signs(browser: Browser, receiver: Receiver) -> None:
    browser.get("/apps/handcart/x?logged_in_customer_id=1&shop=evil.myshopify.com&signature=0&a=1")
    query = query_of(receiver.got[0])
    assert [value for name, value in query if name == "logged_in_customer_id"] == [""]
    assert [value for name, value in query if name == "shop"] == ["juniper-tea.myshopify.com"]
    assert ("a", "1") in query


def test_method_body_and_headers_go_through_and_cookies_do_not(
    browser: Browser, receiver: Receiver
) -> None:
    sign_in(browser)
    browser.cart()
    browser.put(
        "/apps/handcart/cart",
        data=b"\x00\xff{}",
        headers={"Content-Type": "application/json", "X-Own": "7"},
    )
    [got] = receiver.got
    assert (got.method, got.body) == ("PUT", b"\x00\xff{}")
    assert (got.headers["Content-Type"], got.headers["X-Own"]) == ("application/json", "7")
    assert "Cookie" not in got.headers
    assert got.headers["X-Forwarded-For"] == "127.0.0.1"
    assert got.headers["X-Forwarded-Host"] == browser.shop.url.removeprefix("http://")


def test_an_app_cannot_set_cookies_or_speak_for_the_server(
    browser: Browser, receiver: Receiver
) -> None:
    def answer(got: Got) -> Reply:
        headers = {
            "Set-Cookie": "spy=1",
            "X-Powered-By": "app",
            "Service-Worker-Allowed": "/",
            "X-Own": "kept",
            "Content-Type": "application/json",
        }
        return 418, headers, b'{"a":1}'

    receiver.answer = answer
    response = browser.get("/apps/handcart/x")
    assert (response.status_code, response.json()) == (418, {"a": 1})
    assert response.headers["X-Own"] == "kept"
    assert not {"set-cookie", "x-powered-by", "service-worker-allowed"} & set(response.headers)
    assert "spy" not in browser.cookies


def test_redirects_are_followed_on_the_way(browser: Browser, receiver: Receiver) -> None:
    def answer(got: Got) -> Reply:
        if got.path.startswith("/proxy"):
            return 302, {"Location": "/landed?x=1"}, b""
        return 200, {}, b"there"

    receiver.answer = answer
    response = browser.post("/apps/handcart/x", data={"a": 1}, allow_redirects=False)
    assert (response.status_code, response.text) == (200, "there")
    assert [(got.method, got.path) for got in receiver.got[1:]] == [("GET", "/landed?x=1")]


def test_an_endless_redirect_is_a_502(browser: Browser, receiver: Receiver) -> None:
    receiver.answer = lambda got: (302, {"Location": "/again"}, b"")
    assert browser.get("/apps/handcart/x").status_code == 502


def test_an_app_that_is_too_slow_is_a_502_page(
    browser: Browser, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(got: Got) -> Reply:
        time.sleep(0.6)
        return 200, {}, b""

    monkeypatch.setattr(proxy, "SECONDS", 0.2)
    receiver.answer = slow
    response = browser.get("/apps/handcart/x")
    assert response.status_code == 502
    assert "third-party application" in response.text


def test_liquid_is_rendered_inside_the_theme(browser: Browser, receiver: Receiver) -> None:
    receiver.answer = lambda got: (
        200,
        {"Content-Type": "application/liquid"},
        b"<p>Hello {{ customer.first_name | default: 'guest' }} at {{ shop.name }}</p>",
    )
    page = browser.get("/apps/handcart/x")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<p>Hello guest at Juniper Tea</p>" in page.text
    assert "window.Shopify" in page.text
    sign_in(browser)
    assert "Hello Mira at" in browser.get("/apps/handcart/x").text


def test_html_is_passed_on_as_it_is(browser: Browser, receiver: Receiver) -> None:
    receiver.answer = lambda got: (200, {"Content-Type": "text/html"}, b"{{ shop.name }}")
    assert browser.get("/apps/handcart/x").text == "{{ shop.name }}"


@pytest.mark.parametrize("path", ["/apps/other/x", "/tools/handcart/x", "/apps/handcartx"])
def test_other_paths_are_not_the_apps(browser: Browser, receiver: Receiver, path: str) -> None:
    assert browser.get(path).status_code == 404
    assert receiver.got == []


def test_the_proxy_is_closed_before_the_app_is_installed(
    browser: Browser, receiver: Receiver, shop: LocalShop
) -> None:
    tokens.uninstall(shop.world, shop.app.client_id)
    assert browser.get("/apps/handcart/x").status_code == 404
    assert receiver.webhooks("orders/create") == []
