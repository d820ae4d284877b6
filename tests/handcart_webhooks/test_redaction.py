from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart_webhooks.handlers import HANDLERS
from handcart_webhooks.redaction import redact, redact_reason, redact_resource
from tests.real_samples import sample

ORDER = {
    "id": 450789469,
    "admin_graphql_api_id": "gid://shopify/Order/450789469",
    "name": "#1001",
    "email": "mina@example.com",
    "phone": "+359 88 812 3456",
    "browser_ip": "203.0.113.9",
    "token": "123456abcd",
    "created_at": "2026-11-23T10:00:00+02:00",
    "financial_status": "paid",
    "currency": "EUR",
    "cancelled_at": None,
    "confirmed": True,
    "total_weight": 250,
    "order_status_url": "https://shop.example/orders/123456abcd/authenticate?key=secret",
    "customer": {"id": 7, "first_name": "Mina", "last_name": "Sato", "orders_count": 3},
    "shipping_address": {"address1": "Lime street 12", "zip": 4000, "latitude": 42.15},
    "line_items": [{"variant_id": 501, "quantity": 2, "title": "Tea for Mina", "properties": {}}],
}


def test_ids_states_times_and_small_numbers_are_shown_and_nothing_else() -> None:
    assert redact(orjson.dumps(ORDER)) == {
        "id": 450789469,
        "admin_graphql_api_id": "gid://shopify/Order/450789469",
        "name": "‹text›",
        "email": "‹text›",
        "phone": "‹text›",
        "browser_ip": "‹text›",
        "token": "‹text›",
        "created_at": "2026-11-23T10:00:00+02:00",
        "financial_status": "paid",
        "currency": "EUR",
        "cancelled_at": None,
        "confirmed": True,
        "total_weight": 250,
        "order_status_url": "‹text›",
        "customer": {
            "id": 7,
            "first_name": "‹text›",
            "last_name": "‹text›",
            "orders_count": "‹number›",
        },
        "shipping_address": {"address1": "‹text›", "zip": "‹number›", "latitude": "‹number›"},
        "line_items": [
            {"variant_id": 501, "quantity": 2, "title": "‹text›", "properties": {}},
        ],
    }


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (
            {"price": "12.50", "total_price": "0888123456"},
            {"price": "12.50", "total_price": "‹text›"},
        ),
        ({"contact": 359888123456}, {"contact": "‹number›"}),
        ({"anything_new": 359888123456}, {"anything_new": "‹number›"}),
        ({"status": "call 0888 123 456"}, {"status": "‹text›"}),
        ({"updated_at": "Mina's birthday"}, {"updated_at": "‹text›"}),
        ({"birth_date": "1990-01-02", "born_at": "1990-01-02"}, None),
        ({"id": "Z2NwLXVzLWNlbnRyYWwxOjAxSF?key=a"}, {"id": "‹text›"}),
        ({"token": "c1", "id": "c1"}, {"token": "‹text›", "id": "‹text›"}),
        ({"tax_id": 1234567890, "tax_ids": ["1234567890"]}, None),
        ({"mina@example.com": True}, {"‹text› 1": True}),
        ({"properties": {"for_mina": "x"}}, {"properties": {"‹text› 1": "‹text›"}}),
        ({"note_attributes": [{"name": "Mina", "value": "0888123456"}]}, None),
    ],
)
def test_a_key_alone_shows_nothing(payload: Any, shown: Any) -> None:
    redacted = redact(orjson.dumps(payload))
    if shown is not None:
        assert redacted == shown
    assert not any(part in str(redacted) for part in ("Mina", "mina", "1990", "1234", "0888"))


PERSONS = ["Mina Sato", "mina@example.com", "+359888123456", "Lime street 12", "shpat_0123456789"]


@given(
    st.recursive(
        st.sampled_from([*PERSONS, 359888123456, None, True, 3]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from([*ORDER, "something_new", "status", "value", *PERSONS]),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_no_person_is_shown_wherever_they_stand(payload: Any) -> None:
    ids = {"id", "admin_graphql_api_id"}
    shown = orjson.dumps(redact(orjson.dumps(without(payload, ids)))).decode()
    assert [person for person in [*PERSONS, "359888123456"] if person in shown] == []


def without(payload: Any, keys: set[str]) -> Any:
    """An id is shown, whatever number it is: the platform's ids are as long as phones."""
    if isinstance(payload, list):
        return [without(each, keys) for each in payload]
    if isinstance(payload, dict):
        return {key: without(each, keys) for key, each in payload.items() if key not in keys}
    return payload


@pytest.mark.parametrize("topic", sorted(HANDLERS))
def test_the_platforms_samples_keep_their_keys_and_types(topic: str) -> None:
    body = sample(topic)
    redacted = redact(orjson.dumps(body))
    assert list(redacted) == list(body)
    for key, value in body.items():
        assert isinstance(redacted[key], type(value)) or redacted[key] == "‹number›"


def test_what_is_not_json_or_without_end_does_not_break_it() -> None:
    assert redact(b"\xff") is None
    assert redact(b"") is None
    deep = redact(b"[" * 900 + b"]" * 900)
    assert "‹more›" in str(deep)
    assert redact(orjson.dumps(list(range(60))))[49:] == [49, "‹more›"]


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("topic_unknown: no handler for this topic", "topic_unknown: no handler for this topic"),
        (
            "payload_invalid: line_items.0.quantity: Must be greater than 0.",
            "payload_invalid: line_items.0.quantity: Must be greater than 0.",
        ),
        (
            "payload_invalid: properties.For Mina: Wrong.",
            "payload_invalid: properties.‹text›: Wrong.",
        ),
        ("user_errors: Address 'Lime street 12' is wrong", "user_errors: Address ‹text› is wrong"),
        ("user_errors: mina@example.com is taken", "user_errors: ‹text› is taken"),
        ("user_errors: call +359 888 123 456 now", "user_errors: call ‹text› now"),
        ("token_refused: shpat_0123456789abcdef", "token_refused: ‹text›"),
        ("KeyError: 'Mina Sato'", "KeyError"),
        ("Mina Sato: no", "error"),
        ("throttled", "throttled"),
    ],
)
def test_a_reason_names_nobody(reason: str, shown: str) -> None:
    assert redact_reason(reason) == shown


@pytest.mark.parametrize(
    ("resource", "shown"),
    [
        ("orders:450789469", "orders:450789469"),
        ("app", "app"),
        ("carts:Z2NwLXVzLWNlbnRyYWwxOjAxSF", "carts:‹text›"),
        ("carts:0123456789abcdef0123456789abcdef", "carts:‹text›"),
        ("event:cart:0123456789abcdef0123456789abcdef", None),
        ("shop2.tell_staff:event:pickup:f4c1e0c2-1d2e-4b7e-9a53-2f6f0c7c7a10", None),
    ],
)
def test_a_resource_shows_no_token(resource: str, shown: str | None) -> None:
    assert redact_resource(resource) == (shown or resource)
