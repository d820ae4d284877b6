from __future__ import annotations

import time
from typing import Any

import pytest

from handcart.errors import SettingsError
from handcart.localshop.config import AppConfig
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from tests.handcart.localshop_web.listening import BEGIN, Browser, Receiver


def test_the_shop_starts_in_well_under_two_seconds(config: AppConfig) -> None:
    began = time.monotonic()
    with LocalShop(seed(1, BEGIN), config) as shop, Browser(shop) as browser:
        assert browser.get("/").status_code == 200
    assert time.monotonic() - began < 2


def test_a_taken_port_and_a_host_that_is_not_this_machine_are_refused(
    config: AppConfig, shop: LocalShop
) -> None:
    port = int(shop.url.rpartition(":")[2])
    with pytest.raises(SettingsError) as refused:
        LocalShop(seed(1, BEGIN), config, port=port).start()
    assert refused.value.code == "port_taken"
    with pytest.raises(SettingsError) as refused:
        LocalShop(seed(1, BEGIN), config, host="0.0.0.0")
    assert refused.value.code == "not_loopback"


def test_the_state_tells_who_is_here_and_what_there_is(browser: Browser, shop: LocalShop) -> None:
    state = browser.get("/_local/state").json()
    assert (state["shop"], state["installed"], state["orders"]) == (
        "juniper-tea.myshopify.com",
        True,
        [],
    )
    assert state["now"] == BEGIN.isoformat()
    assert len(state["locations"]) == 3
    assert len(state["stock"]) == len(shop.world.variants)


def test_the_clock_moves_forward_only(browser: Browser, shop: LocalShop) -> None:
    moved = browser.post("/_local/clock", json={"advance": 90})
    assert moved.json() == {"now": "2026-11-23T09:01:30+00:00"}
    for wrong in (-1, "60", None, True, 1e300):
        assert browser.post("/_local/clock", json={"advance": wrong}).status_code == 400
    assert browser.post("/_local/clock", data=b"[]").status_code == 400
    assert (shop.world.clock.now() - BEGIN).total_seconds() == 90


def test_faults_are_added_replaced_and_ended(browser: Browser, shop: LocalShop) -> None:
    browser.post("/_local/faults", json={"fault": "drop", "topic": "carts/*", "times": 1})
    rules = browser.get("/_local/faults").json()["rules"]
    assert [(rule["fault"], rule["topic"], rule["times"]) for rule in rules] == [
        ("drop", "carts/*", 1)
    ]
    body = {"rules": [{"fault": "delay", "seconds": 3}, {"fault": "reorder"}], "seed": 5}
    browser.post("/_local/faults", json=body)
    assert [rule.fault for rule in shop.faults.rules] == ["delay", "reorder"]
    browser.delete("/_local/faults")
    assert shop.faults.rules == ()


@pytest.mark.parametrize(
    "body",
    [{}, {"fault": "explode"}, {"fault": "drop", "colour": 1}, {"rules": 1}, {"rules": [1]}, 7],
)
def test_a_fault_that_makes_no_sense_is_refused(
    browser: Browser, shop: LocalShop, body: Any
) -> None:
    assert browser.post("/_local/faults", json=body).status_code == 400
    assert shop.faults.rules == ()


def test_deliveries_are_listed_with_their_attempts_and_sent_again(
    browser: Browser, shop: LocalShop, receiver: Receiver, stocked: list[int]
) -> None:
    browser.ajax("add", {"items": [{"id": stocked[0]}]})
    flushed = browser.post("/_local/deliveries/flush")
    assert (flushed.status_code, flushed.json()) == (200, {"quiet": True, "unsettled": 0})
    [shown] = browser.get("/_local/deliveries?topic=carts/create").json()["deliveries"]
    assert (shown["state"], [one["status"] for one in shown["attempts"]]) == ("delivered", [200])
    address = f"/_local/deliveries/{shown['webhook_id']}"
    assert browser.get(f"{address}.json").json()["headers"]["X-Shopify-Topic"] == "carts/create"
    assert "X-Shopify-Hmac-Sha256" in browser.get(address).text
    assert browser.post(f"{address}/resend.json").status_code == 200
    assert shop.deliveries.flush(5)
    assert len({got.webhook_id for got in receiver.got}) == 1
    assert len(receiver.got) == 2
    assert browser.get("/_local/deliveries/unknown.json").status_code == 404


def test_the_page_switches_faults_moves_the_clock_and_shows_deliveries(
    browser: Browser, shop: LocalShop, receiver: Receiver, stocked: list[int]
) -> None:
    receiver.answer = lambda got: (500, {}, b"")
    browser.ajax("add", {"items": [{"id": stocked[0]}]})
    assert shop.deliveries.flush(5)
    page = browser.get("/_local/").text
    assert "carts/create" in page
    assert "retrying" in page
    page = browser.post(
        "/_local/switch",
        data={"fault": "duplicate", "topic": "orders/*", "percent": "50", "times": "2"},
    ).text
    assert "<code>orders/*</code>, 50 %, 2 more times" in page
    browser.post("/_local/switch", data={"fault": "none"})
    assert shop.faults.rules == ()
    assert browser.post("/_local/switch", data={"fault": "explode"}).status_code == 400
    browser.post("/_local/advance", data={"minutes": "1"})
    assert len(receiver.webhooks("carts/create")) == 2


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
def test_the_compliance_topics_are_sent_on_demand(
    browser: Browser, shop: LocalShop, receiver: Receiver, topic: str
) -> None:
    customer = next(iter(shop.world.customers))
    sent = browser.post("/_local/compliance", json={"topic": topic, "customer_id": customer})
    assert sent.status_code == 200
    assert shop.deliveries.flush(5)
    [got] = receiver.webhooks(topic)
    assert got.json["shop_domain"] == "juniper-tea.myshopify.com"
    wrong = browser.post("/_local/compliance", json={"topic": "orders/create"})
    assert wrong.status_code == 400


def test_a_reset_begins_again_from_the_seed(
    browser: Browser, shop: LocalShop, receiver: Receiver, stocked: list[int]
) -> None:
    before = browser.get("/_local/state").json()["stock"]
    browser.ajax("add", {"items": [{"id": stocked[0]}]})
    shop.faults.add("drop")
    place = next(iter(shop.world.locations))
    sale = {"lines": [{"variant_id": stocked[0]}], "location_id": place, "pin": "1111"}
    browser.post("/pos/sales", json=sale)
    state = browser.post("/_local/reset").json()
    assert (state["orders"], state["carts"], state["installed"]) == ([], 0, False)
    assert state["stock"] == before
    assert (shop.faults.rules, shop.deliveries.log()) == ((), [])
    assert browser.lines() == []
    other = browser.post("/_local/reset", json={"seed": 2}).json()
    assert other["stock"] != before
    browser.post("/admin/install")
    receiver.got.clear()
    browser.ajax("add", {"items": [{"id": stocked[0]}]})
    assert shop.deliveries.flush(5)
    assert [got.topic for got in receiver.got] == ["carts/create"]


def test_pages_say_how_they_may_be_used(browser: Browser) -> None:
    for path in ("/", "/admin", "/pos", "/_local/", "/cart.js"):
        headers = browser.get(path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_same_seed_draws_the_same_pictures(browser: Browser) -> None:
    first = browser.get("/cdn/products/clay-teapot.svg")
    assert first.headers["Content-Type"].startswith("image/svg+xml")
    assert first.text == browser.get("/cdn/products/clay-teapot.svg").text
    assert first.text != browser.get("/cdn/products/tea-tin.svg").text
    assert browser.get("/cdn/products/nothing.svg").status_code == 404


def test_two_customers_can_be_made_one(
    browser: Browser, shop: LocalShop, receiver: Receiver
) -> None:
    kept, gone = sorted(shop.world.customers)[:2]
    assert browser.post("/_local/merge", json={"kept": kept, "gone": gone}).status_code == 200
    assert shop.deliveries.flush(5)
    [got] = receiver.webhooks("customers/merge")
    assert got.json["admin_graphql_api_customer_kept_id"] == f"gid://shopify/Customer/{kept}"
    assert got.json["admin_graphql_api_customer_deleted_id"] == f"gid://shopify/Customer/{gone}"
    assert got.json["status"] == "completed"
    assert gone not in shop.world.customers
    for body in ({"kept": kept, "gone": gone}, {"kept": kept, "gone": kept}, {}):
        assert browser.post("/_local/merge", json=body).status_code in (400, 404)
    assert "Make them one" in browser.get("/_local/").text
