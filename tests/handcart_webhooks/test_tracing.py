from __future__ import annotations

from typing import Any

import pytest

from handcart import Delivery, Handcart
from handcart.errors import NotFound, PlatformError
from handcart.events import StockChanged
from handcart.storage import caused_by
from handcart.storage.outbox import add_task
from handcart_webhooks.retention import Retention
from handcart_webhooks.tracing import Trace, trace

from .conftest import SHOP, Client, Clock
from .draining import drain

LEVEL = {
    "inventory_item_id": 11,
    "location_id": 21,
    "available": 3,
    "updated_at": "2026-11-23T10:00:00+02:00",
}


def traced(app: Handcart, webhook_id: str = "w1") -> Trace:
    with app.db.reading() as view:
        return trace(view, SHOP, webhook_id)


def test_a_trace_follows_a_delivery_to_the_last_handler(
    installed: Handcart, client: Client, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []

    def on_fact(fact: StockChanged) -> None:
        calls.append("fact")

    def on_delivery(delivery: Delivery) -> None:
        calls.append("delivery")
        if calls.count("delivery") == 1:
            raise PlatformError("no_answer", "no answer to 'Mina Sato'")

    installed.on(StockChanged)(on_fact)
    installed.webhook("inventory_levels/update")(on_delivery)
    client.post("inventory_levels/update", LEVEL, Webhook_Id="w1")
    drain(installed)
    clock.advance(hours=1)
    drain(installed)
    story = traced(installed)
    assert (story.topic, story.state, story.attempts) == ("inventory_levels/update", "done", 1)
    assert (story.resource, story.history) == ("inventory_levels:11", ())
    fact, ours, theirs = story.tasks
    assert [(task.kind, task.state) for task in story.tasks] == [
        ("event", "done"),
        ("handler", "done"),
        ("handler", "done"),
    ]
    assert fact.name == "StockChanged"
    assert ours.name.endswith("on_delivery")
    assert theirs.name.endswith("on_fact")
    [failed] = ours.history
    assert (failed.outcome, failed.reason) == ("failed", "no_answer: no answer to ‹text›")
    assert (ours.attempts, theirs.attempts, theirs.history) == (2, 1, ())


def test_what_another_delivery_did_is_not_in_it(installed: Handcart, client: Client) -> None:
    client.post("inventory_levels/update", LEVEL, Webhook_Id="w1")
    newer = {**LEVEL, "available": 9, "updated_at": "2026-11-23T10:30:00+02:00"}
    client.post("inventory_levels/update", newer, Webhook_Id="w2")
    drain(installed)
    first, second = traced(installed, "w1").tasks, traced(installed, "w2").tasks
    assert [task.name for task in first] == ["StockChanged"]
    assert [task.name for task in second] == ["StockChanged"]
    assert first[0].key != second[0].key


def test_every_attempt_keeps_its_own_reason(
    installed: Handcart, client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = ["first", "second"]

    def away(shop: str) -> Any:
        raise PlatformError(trouble.pop(0))

    monkeypatch.setattr(installed, "platform", away)
    routed = {"fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/1", "status": "open"}}
    client.post("fulfillment_orders/order_routing_complete", routed, Webhook_Id="w1")
    drain(installed)
    clock.advance(minutes=5)
    drain(installed)
    story = traced(installed)
    assert [(each.outcome, each.reason) for each in story.history] == [
        ("failed", "first: first"),
        ("failed", "second: second"),
    ]
    assert (story.state, story.attempts, story.tasks) == ("waiting", 2, ())


def test_a_trace_shows_the_shape_of_the_payload_and_nobody_in_it(
    installed: Handcart, client: Client
) -> None:
    body = {"id": "secret-token", "token": "secret-token", "email": "mina@example.com", "n": 1}
    client.post("carts/update", body, Webhook_Id="w1")
    drain(installed)
    story = traced(installed)
    assert story.payload == {"id": "‹text›", "token": "‹text›", "email": "‹text›", "n": 1}
    assert "secret-token" not in repr(story)
    assert "mina" not in repr(story)


def test_a_delivery_of_another_shop_is_not_found(installed: Handcart, client: Client) -> None:
    client.post("carts/update", {"id": 1}, Webhook_Id="w1", Shop_Domain="other.myshopify.com")
    with pytest.raises(NotFound) as refused:
        traced(installed)
    assert refused.value.code == "delivery_unknown"


def test_a_task_of_a_page_has_no_cause(installed: Handcart) -> None:
    with installed.db.writing() as work:
        with caused_by("w1"):
            add_task(work, SHOP, "of_a_delivery", {}, at=installed.clock(), kind="job")
        add_task(work, SHOP, "of_a_page", {}, at=installed.clock(), kind="job")
    with installed.db.reading() as view:
        from sqlalchemy import select

        from handcart.storage.outbox import tasks

        found = {row.name: row.cause for row in view.execute(select(tasks))}
    assert found == {"of_a_delivery": "w1", "of_a_page": None}


def test_what_has_shrunk_is_still_known_to_be_done(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    client.post("inventory_levels/update", LEVEL, Webhook_Id="w1")
    drain(installed)
    clock.advance(days=31)
    Retention(installed, sleep=lambda seconds: None).clean_up(clock())
    story = traced(installed)
    assert (story.state, story.size, story.payload) == ("done", 0, None)
