from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from handcart import Delivery, Handcart, Shop
from handcart.errors import BadInput, PlatformError
from handcart.platform.port import FulfillmentOrder
from handcart.shops import service as shops
from handcart.stock import service as stock
from handcart.storage import metadata
from handcart_webhooks import worker
from handcart_webhooks.handlers import HANDLERS
from handcart_webhooks.inbox import deliveries
from handcart_webhooks.worker import Worker
from tests.real_samples import sample

from .conftest import SHOP, Client, Clock, headers

CART = {"id": "c1", "token": "c1", "line_items": [], "updated_at": "2026-11-23T10:00:00+02:00"}
LEVEL = {
    "inventory_item_id": 11,
    "location_id": 21,
    "available": 3,
    "updated_at": "2026-11-23T10:00:00+02:00",
}


def work_off(app: Handcart) -> None:
    worker = Worker(app)
    while worker.step():
        pass


def ends(app: Handcart) -> list[tuple[str, str, str | None]]:
    """Every delivery's topic, state and reason, in the order they came."""
    with app.db.reading() as view:
        rows = view.execute(select(deliveries).order_by(deliveries.c.place))
        return [(row.topic, row.state, row.reason) for row in rows]


def rows(app: Handcart, table: str) -> list[Any]:
    with app.db.reading() as view:
        return list(view.execute(select(metadata.tables[table])))


@pytest.mark.parametrize("topic", sorted(HANDLERS))
def test_the_platforms_own_sample_of_each_topic_is_understood(
    installed: Handcart, client: Client, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed, "platform", lambda shop: NoFulfillmentOrders())
    body = orjson.dumps(sample(topic)).replace(b"{shop}.myshopify.com", SHOP.encode())
    client.post(topic, body)
    work_off(installed)
    assert ends(installed) == [(topic, "done", None)]


class NoFulfillmentOrders:
    """A platform that knows none of the sample's orders."""

    def fulfillment_order(self, fulfillment_order_id: int) -> FulfillmentOrder | None:
        return None

    def fulfillment_orders(self, order_id: int) -> list[FulfillmentOrder]:
        return []


SPARSE_ORDER = {
    "id": 1,
    "name": "#1001",
    "token": None,
    "cart_token": None,
    "customer": {"id": 7, "first_name": None},
    "updated_at": "2026-11-23 10:00:00.000Z",
    "fulfillment_status": None,
    "line_items": [{"variant_id": None, "quantity": 1, "properties": None}],
    "something_new_in_2027": {"deeply": ["nested"]},
}


def test_missing_optional_fields_and_unknown_ones_are_no_trouble(
    installed: Handcart, client: Client
) -> None:
    client.post("orders/updated", SPARSE_ORDER)
    client.post("orders/updated", {**SPARSE_ORDER, "customer": None, "id": 2})
    work_off(installed)
    assert [state for _, state, _ in ends(installed)] == ["done", "done"]


def test_the_character_nul_is_left_out_and_a_backslash_before_u0000_is_not(
    installed: Handcart, client: Client
) -> None:
    name = rb'"#1\u0000\u0000001 \\u0000 \\\u0000"'
    client.post("orders/updated", orjson.dumps(SPARSE_ORDER).replace(b'"#1001"', name))
    work_off(installed)
    assert [state for _, state, _ in ends(installed)] == ["done"]
    assert [row.name for row in rows(installed, "orders")] == ["#1001 \\u0000 \\"]


IMPOSSIBLE = [
    (b"\xff\xfe not utf-8", "payload_not_json"),
    (b"{", "payload_not_json"),
    (b"", "payload_not_json"),
    (b"[" * 100_000, "payload_invalid: Expected `object`"),
    (b'{"x":' * 1_000_000, "payload_not_json: RecursionError"),
    (b'{"token":"\xff"}', "payload_not_json: UnicodeDecodeError"),
    (b"NaN", "payload_not_json"),
    (b"[]", "payload_invalid: Expected `object`"),
    (b"null", "payload_invalid: Expected `object`"),
    (orjson.dumps({**CART, "line_items": "many"}), "payload_invalid: line_items"),
    (
        orjson.dumps({**CART, "line_items": [{"variant_id": 1, "quantity": -1}]}),
        "payload_invalid: line_items.0.quantity",
    ),
    (orjson.dumps({**CART, "updated_at": "yesterday"}), "payload_invalid: updated_at"),
    (orjson.dumps({**CART, "updated_at": "2026-11-23T10:00:00"}), "payload_invalid: updated_at"),
    (orjson.dumps({**CART, "token": ""}), "payload_invalid: token"),
]


@pytest.mark.parametrize(("body", "reason"), IMPOSSIBLE)
def test_an_impossible_payload_rests_with_its_reason(
    installed: Handcart, client: Client, body: bytes, reason: str
) -> None:
    client.post("carts/update", body)
    work_off(installed)
    [(_, state, why)] = ends(installed)
    assert state == "dead"
    assert why is not None
    assert why.startswith(reason)


def test_a_poison_payload_does_not_hold_up_what_follows_it(
    installed: Handcart, client: Client
) -> None:
    client.post("inventory_levels/update", {**LEVEL, "available": "few"})
    client.post("inventory_levels/update", LEVEL)
    work_off(installed)
    assert [state for _, state, _ in ends(installed)] == ["dead", "done"]
    assert [row.available for row in rows(installed, "levels")] == [3]


def test_an_unknown_topic_is_kept_and_says_so(installed: Handcart, client: Client) -> None:
    client.post("themes/publish", {"id": 1})
    work_off(installed)
    assert ends(installed) == [
        ("themes/publish", "dead", "topic_unknown: no handler for this topic")
    ]


def test_what_came_before_the_installation_is_handled_after_it(
    app: Handcart, client: Client
) -> None:
    client.post("inventory_levels/update", LEVEL)
    work_off(app)
    assert [(state, why) for _, state, why in ends(app)] == [
        ("dead", "shop_unknown: not handled for this shop")
    ]
    install(app)
    app.engine.shop_installed(SHOP)
    work_off(app)
    assert [state for _, state, _ in ends(app)] == ["done"]
    assert [row.available for row in rows(app, "levels")] == [3]


def install(app: Handcart) -> None:
    from handcart.shops.model import Tokens

    tokens = Tokens(
        access_token="shpat_1",
        scopes="",
        expires_at=None,
        refresh_token=None,
        refresh_expires_at=None,
    )
    with app.db.writing() as work:
        shops.install(work, SHOP, tokens=tokens, keyring=app.keyring, at=app.clock())


def test_a_body_that_names_another_shop_changes_nothing(
    installed: Handcart, client: Client
) -> None:
    client.post("app/uninstalled", {"myshopify_domain": "other.myshopify.com"})
    client.post("shop/redact", {"shop_domain": "other.myshopify.com"})
    work_off(installed)
    assert {why for _, _, why in ends(installed)} == {
        "shop_mismatch: the body names another shop than the headers"
    }
    with installed.db.reading() as view:
        assert shops.standing(view, SHOP) == "installed"


def test_a_late_uninstall_does_not_end_a_fresh_installation(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    clock.advance(hours=1)
    client.post(
        "app/uninstalled", {"myshopify_domain": SHOP}, Triggered_At="2026-11-23T08:00:00.000000000Z"
    )
    work_off(installed)
    with installed.db.reading() as view:
        assert shops.standing(view, SHOP) == "installed"


def test_redacting_a_shop_leaves_nothing_of_it_and_of_others_everything(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    client.post("inventory_levels/update", LEVEL)
    client.post("inventory_levels/update", LEVEL, Shop_Domain="other.myshopify.com")
    work_off(installed)
    with installed.db.writing() as work:
        shops.uninstalled(work, SHOP, happened_at=clock(), at=clock())
    clock.advance(days=2)
    client.post("shop/redact", {"shop_domain": SHOP}, Triggered_At="2026-11-25T09:00:00Z")
    work_off(installed)
    for table in metadata.sorted_tables:
        if "shop" in table.c:
            assert {row.shop for row in rows(installed, table.name)} <= {"other.myshopify.com"}
    assert ends(installed) == [
        ("inventory_levels/update", "dead", "shop_unknown: not handled for this shop")
    ]


def test_a_platform_that_is_away_is_asked_again_later(
    installed: Handcart, client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(shop: str) -> Any:
        raise PlatformError("platform_unreachable")

    monkeypatch.setattr(installed, "platform", away)
    client.post(
        "fulfillment_orders/order_routing_complete",
        {"fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/1", "status": "open"}},
    )
    work_off(installed)
    assert [state for _, state, _ in ends(installed)] == ["waiting"]
    monkeypatch.setattr(installed, "platform", lambda shop: NoFulfillmentOrders())
    clock.advance(hours=1)
    work_off(installed)
    assert [state for _, state, _ in ends(installed)] == ["done"]


def test_an_error_in_a_handler_leaves_no_half_of_its_effect(
    installed: Handcart,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def explode(*_: Any, **__: Any) -> None:
        raise RuntimeError("after the effect")

    monkeypatch.setattr(Worker, "_tell_developers", explode)
    client.post("inventory_levels/update", LEVEL)
    with caplog.at_level(logging.ERROR):
        work_off(installed)
    assert rows(installed, "levels") == []
    assert [(state, why) for _, state, why in ends(installed)] == [
        ("waiting", "RuntimeError: after the effect")
    ]


def levels(app: Handcart) -> list[tuple[int, int]]:
    return sorted((row.inventory_item_id, row.available) for row in rows(app, "levels"))


def test_deliveries_that_nobody_has_tried_share_one_commit(
    installed: Handcart, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for item in range(1, 41):
        client.post("inventory_levels/update", {**LEVEL, "inventory_item_id": item})
    commits = []
    monkeypatch.setattr(worker, "crash_point", commits.append)
    work_off(installed)
    assert commits.count("committed") == 1
    assert levels(installed) == [(item, 3) for item in range(1, 41)]
    assert {state for _, state, _ in ends(installed)} == {"done"}


def test_what_goes_wrong_with_one_delivery_goes_wrong_for_no_other(
    installed: Handcart,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One that fails, one that cannot be read and one of no topic, among seven that can."""
    apply = stock.level_changed

    def fails_for_five(*args: Any, inventory_item_id: int, **more: Any) -> None:
        if inventory_item_id == 5:
            raise ZeroDivisionError
        apply(*args, inventory_item_id=inventory_item_id, **more)

    monkeypatch.setattr(stock, "level_changed", fails_for_five)
    for item in range(1, 9):
        client.post("inventory_levels/update", {**LEVEL, "inventory_item_id": item})
    client.post("inventory_levels/update", {**LEVEL, "available": "few"})
    client.post("themes/publish", {"id": 1})
    work_off(installed)
    assert levels(installed) == [(item, 3) for item in (1, 2, 3, 4, 6, 7, 8)]
    assert [state for _, state, _ in ends(installed)] == [
        *["done"] * 4,
        "waiting",
        *["done"] * 3,
        "dead",
        "dead",
    ]
    facts = [row for row in rows(installed, "tasks") if row.name == "StockChanged"]
    assert len(facts) == 7
    assert {row.attempts for row in rows(installed, "deliveries")} == {1}


def test_each_of_many_deliveries_is_the_cause_of_what_came_of_it(
    installed: Handcart, client: Client
) -> None:
    for item in (1, 2):
        client.post(
            "inventory_levels/update",
            {**LEVEL, "inventory_item_id": item},
            Webhook_Id=f"webhook-of-{item}",
        )
    work_off(installed)
    causes = {
        row.payload["inventory_item_id"]: row.cause
        for row in rows(installed, "tasks")
        if row.name == "StockChanged"
    }
    assert causes == {1: "webhook-of-1", 2: "webhook-of-2"}


def test_a_delivery_that_kills_its_workers_rests_after_the_fourth(
    installed: Handcart, client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What follows it is done before, by the workers that come after the first."""

    class Killed(BaseException):
        """As a process that dies: nothing is written after it."""

    apply = stock.level_changed

    def kills(*args: Any, inventory_item_id: int, **more: Any) -> None:
        if inventory_item_id == 1:
            raise Killed
        apply(*args, inventory_item_id=inventory_item_id, **more)

    monkeypatch.setattr(stock, "level_changed", kills)
    for item in (1, 2, 3):
        client.post("inventory_levels/update", {**LEVEL, "inventory_item_id": item})
    deaths = 0
    for _ in range(20):
        try:
            while Worker(installed).step():
                pass
        except Killed:
            deaths += 1
        clock.advance(seconds=7)
    assert deaths == 4
    assert levels(installed) == [(2, 3), (3, 3)]
    assert [(state, why) for _, state, why in ends(installed)] == [
        ("dead", "workers_died: no worker outlived it"),
        ("done", None),
        ("done", None),
    ]


def test_many_orders_at_once_end_as_each_on_its_own(installed: Handcart, client: Client) -> None:
    """Newer and older, known and unknown, of one second, cancelled and fulfilled."""
    seen = [
        {"id": 1, "updated_at": "2026-11-23T10:00:00Z", "name": "#1"},
        {"id": 2, "updated_at": "2026-11-23T10:00:00Z", "cancelled_at": "2026-11-23T10:00:00Z"},
        {"id": 3, "updated_at": "2026-11-23T10:00:00Z", "name": "#3"},
    ]
    then = [
        {"id": 1, "updated_at": "2026-11-23T09:00:00Z", "name": "an older name"},
        {"id": 2, "updated_at": "2026-11-23T10:00:00Z", "fulfillment_status": "fulfilled"},
        {"id": 3, "updated_at": "2026-11-23T11:00:00Z", "name": "a newer name"},
    ]
    for told in (seen, then):
        for order in told:
            client.post("orders/updated", {**SPARSE_ORDER, "name": "#0", **order})
        work_off(installed)
    found = {row.order_id: row for row in rows(installed, "orders")}
    assert [found[number].name for number in (1, 2, 3)] == ["#1", "#0", "a newer name"]
    assert found[2].cancelled_at is not None
    assert [found[number].fulfilled for number in (1, 2, 3)] == [False, True, False]


def test_a_developers_handler_hears_of_each_delivery_once(
    installed: Handcart, client: Client
) -> None:
    heard: list[tuple[str, Mapping[str, Any], str]] = []

    def reindex(delivery: Delivery, shop: Shop) -> None:
        heard.append((delivery.webhook_id, delivery.payload, shop.domain))

    installed.webhook("collections/update")(reindex)
    client.post("collections/update", {"id": 5, "title": "Sencha"}, Webhook_Id="w1")
    client.post("collections/update", {"id": 5, "title": "Sencha"}, Webhook_Id="w1")
    work_off(installed)
    assert ends(installed) == [("collections/update", "done", None)]
    relay_off(installed)
    assert heard == [("w1", {"id": 5, "title": "Sencha"}, SHOP)]


def test_a_delivery_in_xml_is_kept_by_its_id_and_read_as_it_came(
    installed: Handcart, client: Client
) -> None:
    heard: list[bytes] = []

    def reindex(delivery: Delivery) -> None:
        heard.append(delivery.body)
        with pytest.raises(BadInput) as refused:
            _ = delivery.payload
        assert refused.value.code == "payload_not_json"

    installed.webhook("collections/update", format="XML")(reindex)
    body = b'<?xml version="1.0"?>\n<collection><id type="integer">5</id></collection>'
    sent = headers("collections/update", body) | {"Content-Type": "application/xml"}
    assert client.request("POST", "/webhooks", content=body, headers=sent).status_code == 200
    work_off(installed)
    relay_off(installed)
    assert heard == [body]
    with installed.db.reading() as view:
        assert view.scalars(select(deliveries.c.resource)).all() == ["collections:5"]


def test_a_developers_handler_that_fails_is_retried_and_ours_is_not(
    installed: Handcart, client: Client, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []

    def count(delivery: Delivery) -> None:
        calls.append(delivery.webhook_id)
        if len(calls) == 1:
            raise ValueError("not yet")

    installed.webhook("inventory_levels/update")(count)
    client.post("inventory_levels/update", LEVEL, Webhook_Id="w1")
    work_off(installed)
    relay_off(installed)
    clock.advance(hours=1)
    relay_off(installed)
    assert calls == ["w1", "w1"]
    with installed.db.reading() as view:
        facts = select(func.count()).where(metadata.tables["tasks"].c.name == "StockChanged")
        assert view.scalar(facts.select_from(metadata.tables["tasks"])) == 1


def relay_off(app: Handcart) -> None:
    from handcart.jobs import Hands
    from handcart.relay import Relay

    relay = Relay(app.db, hands=Hands(app), clock=app.clock)
    while relay.step():
        pass
