from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.delivery import Delivery
from handcart.errors import BadInput
from handcart_webhooks.broker.message import KIND, headers_of, read_delivery, routing_key

SHOP = "juniper-tea.myshopify.com"
SENT = Delivery(
    shop=SHOP,
    topic="orders/create",
    webhook_id="w1",
    event_id="e1",
    api_version="2026-10",
    triggered_at=datetime(2026, 11, 23, 8, 59, 59, 123456, tzinfo=UTC),
    received_at=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    body=b'{"id": 7}',
)

moments = st.datetimes(min_value=datetime(2020, 1, 1), timezones=st.just(UTC))
ids = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=100)


@given(
    body=st.binary(max_size=300),
    webhook_id=ids,
    event_id=st.none() | ids,
    triggered_at=st.none() | moments,
    received_at=moments,
)
def test_what_is_read_is_what_was_sent(body: bytes, **fields: Any) -> None:
    sent = replace(SENT, body=body, **fields)
    assert read_delivery(KIND, headers_of(sent), body) == sent


@given(shop=st.sampled_from([SHOP, "a" * 240 + ".myshopify.com"]), number=st.integers(0))
def test_everything_about_one_resource_has_one_key_that_fits(shop: str, number: int) -> None:
    created = replace(SENT, shop=shop, body=b'{"id": %d}' % number)
    updated = replace(created, topic="orders/updated", webhook_id="w2")
    assert routing_key(created) == routing_key(updated)
    assert len(routing_key(created)) <= 255


def test_two_orders_and_two_shops_have_keys_of_their_own() -> None:
    others = [replace(SENT, body=b'{"id": 8}'), replace(SENT, shop="other.myshopify.com")]
    assert len({routing_key(each) for each in (SENT, *others)}) == 3


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"shop": None}, "shop_domain_missing"),
    ({"shop": "evil.com"}, "shop_malformed"),
    ({"topic": "orders create"}, "topic_malformed"),
    ({"webhook_id": "w" * 101}, "webhook_id_malformed"),
    ({"received_at": None}, "received_at"),
    ({"received_at": "yesterday"}, "received_at"),
    ({"received_at": "2026-13-23T09:00:00+00:00"}, "received_at"),
    ({"topic": 7}, "not a text"),
]


@pytest.mark.parametrize(("changes", "why"), MALFORMED)
def test_a_message_that_is_none_of_ours_is_refused(changes: dict[str, Any], why: str) -> None:
    changed = {**headers_of(SENT), **changes}
    headers = {name: text for name, text in changed.items() if text is not None}
    with pytest.raises(BadInput, match=why) as refused:
        read_delivery(KIND, headers, SENT.body)
    assert refused.value.code == "message_malformed"


@pytest.mark.parametrize("kind", [None, "", "handcart.delivery.2", 7])
def test_a_message_of_another_kind_is_refused(kind: object) -> None:
    with pytest.raises(BadInput, match="not a handcart.delivery.1"):
        read_delivery(kind, headers_of(SENT), SENT.body)
