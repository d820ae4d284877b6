"""Failures that other SDKs really had where webhooks come in, each with a name of its own.

Those of signatures, calls, tokens and subscriptions are in
``tests/handcart/platform/test_what_peers_got_wrong.py``.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from handcart import Delivery, Handcart
from handcart.errors import WiringError
from handcart_webhooks.inbox import deliveries

from .conftest import SHOP, Client, Clock, headers, sign
from .draining import drain

LEVEL = {
    "inventory_item_id": 701,
    "location_id": 31,
    "available": 6,
    "updated_at": "2026-11-23T08:59:00Z",
}


def kept(app: Handcart) -> list[tuple[str, bytes]]:
    with app.db.reading() as view:
        rows = view.execute(select(deliveries).order_by(deliveries.c.place))
        return [(row.webhook_id, row.body) for row in rows]


def test_a_body_larger_than_any_parsers_usual_limit_is_kept(
    installed: Handcart, client: Client
) -> None:
    """500 kB and 100 kB were limits of theirs, and orders of many lines were lost."""
    order = {"id": 1, "line_items": [{"note": "x" * 1000}] * 2000}
    assert client.post("orders/updated", order, Webhook_Id="large").status_code == 200
    assert [one for one, _ in kept(installed)] == ["large"]


def test_a_body_over_our_own_limit_is_413_before_it_is_read_whole(
    installed: Handcart, client: Client
) -> None:
    body = b'"' + b"x" * (5 * 1024 * 1024) + b'"'
    answer = client.request(
        "POST", "/webhooks", content=body, headers=headers("orders/updated", body)
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert kept(installed) == []


def test_a_body_that_is_not_utf_8_is_kept_and_rests_with_its_reason(
    installed: Handcart, client: Client
) -> None:
    assert client.post("orders/updated", b"\xff\xfe{}", Webhook_Id="w1").status_code == 200
    drain(installed)
    with installed.db.reading() as view:
        row = view.execute(select(deliveries)).one()
    assert row.state == "dead"
    assert row.reason.startswith("payload_not_json")


def test_a_delivery_of_the_newer_header_family_alone_is_taken(
    installed: Handcart, client: Client
) -> None:
    body = b'{"id":1}'
    newer = {
        "shopify-topic": "orders/updated",
        "shopify-hmac-sha256": sign(body),
        "shopify-shop-domain": SHOP,
        "shopify-api-version": "2026-10",
        "shopify-webhook-id": "newer",
    }
    answer = client.request("POST", "/webhooks", content=body, headers=newer)
    assert answer.status_code == 200
    assert [one for one, _ in kept(installed)] == ["newer"]


@pytest.mark.parametrize("signature", [None, "", "é" * 22, "x", "A" * 500])
def test_an_absent_or_impossible_signature_is_401_at_the_door(
    installed: Handcart, client: Client, signature: str | None
) -> None:
    body = b'{"id":1}'
    sent: dict[str, Any] = headers("orders/updated", body, Hmac_Sha256=None)
    if signature is not None:
        sent["X-Shopify-Hmac-Sha256"] = signature.encode("utf-8")
    answer = client.request("POST", "/webhooks", content=body, headers=sent)
    assert answer.status_code == 401
    assert kept(installed) == []


def test_when_the_second_handler_fails_and_the_platform_retries_the_first_runs_once(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    calls: list[str] = []

    @installed.webhook("inventory_levels/update")
    def first(delivery: Delivery) -> None:
        calls.append("first")

    @installed.webhook("inventory_levels/update")
    def second(delivery: Delivery) -> None:
        calls.append("second")
        if calls.count("second") == 1:
            raise ValueError("not yet")

    client.post("inventory_levels/update", LEVEL, Webhook_Id="w1")
    drain(installed)
    assert client.post("inventory_levels/update", LEVEL, Webhook_Id="w1").status_code == 200
    clock.advance(hours=1)
    drain(installed)
    assert sorted(calls) == ["first", "second", "second"]


def test_a_handler_that_asks_for_what_the_engine_does_not_give_is_an_error_at_import(
    installed: Handcart,
) -> None:
    """Their generator and their library drifted apart, and jobs failed when they ran."""

    def drifted(delivery: Delivery, webhook: bytes) -> None: ...

    with pytest.raises(WiringError) as refused:
        installed.webhook("orders/create")(drifted)
    assert refused.value.code == "cannot_provide"
