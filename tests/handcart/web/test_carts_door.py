from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from handcart.carts.policy import usual
from handcart.keys import Keyring
from handcart.settings import Settings
from handcart.storage import Database
from handcart.web import carts as carts_door
from handcart.web.device import open_device, seal_device
from handcart.web.errors import answer_errors

SHOP = "juniper-tea.myshopify.com"
SECRET = "hush"
TEA = {"variant_id": 101, "quantity": 2}


class App:
    """As much of a Handcart as the door asks for."""

    def __init__(self, settings: Settings, db: Database, keyring: Keyring, at: datetime) -> None:
        self.settings, self.db, self.keyring = settings, db, keyring
        self.clock = lambda: at
        self.adoption_policy = usual


@pytest.fixture
def client(
    settings: Settings, db: Database, keyring: Keyring, at: datetime
) -> Iterator[FlaskClient]:
    flask = Flask("test")
    flask.extensions["handcart"] = App(settings, db, keyring, at)
    answer_errors(flask)
    flask.register_blueprint(carts_door.blueprint)
    with flask.test_client() as client:
        yield client


def signed(at: datetime, *, customer: str = "", secret: str = SECRET, shop: str = SHOP) -> str:
    """A query string as the platform signs it."""
    params = {
        "shop": shop,
        "logged_in_customer_id": customer,
        "path_prefix": "/apps/handcart",
        "timestamp": str(int(at.timestamp())),
    }
    text = "".join(f"{name}={value}" for name, value in sorted(params.items()))
    signature = hmac.digest(secret.encode(), text.encode(), hashlib.sha256).hex()
    return urlencode({**params, "signature": signature})


def send(client: FlaskClient, query: str, body: Any) -> TestResponse:
    data = body if isinstance(body, bytes) else json.dumps(body)
    return client.post(f"/proxy/cart?{query}", data=data, content_type="application/json")


def report(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"token": "abc?key=secret", "lines": list(lines), **more}


def code(response: TestResponse) -> str:
    return str(response.get_json()["error"]["code"])


def test_a_guest_gets_a_device_and_no_writes(client: FlaskClient, at: datetime) -> None:
    response = send(client, signed(at), report(TEA))
    answer = response.get_json()
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert answer["device"]
    assert answer["lines"] == [{**TEA, "properties": {}, "selling_plan": None}]
    assert answer["write"] == {"set": [], "add": []}
    assert (answer["cleared"], answer["stale"], answer["changed"]) == (False, False, [])


def test_a_second_browser_of_the_customer_is_told_what_to_write(
    client: FlaskClient, at: datetime
) -> None:
    engraved = {**TEA, "properties": {"Engraving": "Mira"}}
    send(client, signed(at, customer="7"), report(TEA, engraved))
    other = {"token": "other?key=x", "lines": [{"variant_id": 101, "quantity": 1}]}
    answer = send(client, signed(at, customer="7"), other).get_json()
    assert answer["write"]["set"] == [{"index": 0, "quantity": 3}]
    assert answer["write"]["add"] == [{**engraved, "selling_plan": None}]
    assert {(each["before"], each["now"]) for each in answer["changed"]} == {(1, 3), (0, 2)}
    assert answer["version"] == 1


def test_a_device_token_of_another_shop_or_of_nobody_names_no_device(
    client: FlaskClient, keyring: Keyring, at: datetime
) -> None:
    for token in (seal_device(keyring, "other.myshopify.com", "x" * 32), "made.up", "\u00e9", ""):
        response = send(client, signed(at), report(TEA, device=token))
        assert response.status_code == 200
    assert open_device(keyring, SHOP, seal_device(keyring, SHOP, "d1")) == "d1"
    assert open_device(keyring, "other.myshopify.com", seal_device(keyring, SHOP, "d1")) is None
    assert open_device(Keyring(["another secret, of thirty-two or more"]), SHOP, "d1") is None


def test_only_what_the_platform_signed_comes_in(client: FlaskClient, at: datetime) -> None:
    unsigned = send(client, "shop=juniper-tea.myshopify.com", report(TEA))
    assert (unsigned.status_code, code(unsigned)) == (401, "signature_missing")
    forged = send(client, signed(at, secret="guess"), report(TEA))
    assert (forged.status_code, code(forged)) == (401, "signature_wrong")
    assert send(client, "%ff=%fe", report(TEA)).status_code == 400
    assert client.put(f"/proxy/cart?{signed(at)}").status_code == 405


def test_a_cart_token_without_its_secret_is_refused(client: FlaskClient, at: datetime) -> None:
    send(client, signed(at, customer="7"), report(TEA))
    response = send(client, signed(at), {"token": "abc", "lines": []})
    assert (response.status_code, code(response)) == (403, "cart_token_not_yours")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "body_not_json"),
        (b"{", "body_not_json"),
        (b"\xff\xfe", "body_not_json"),
        (b"[" * 100_000, "body_not_json"),
        (b"1" * 5000, "body_not_json"),
        (b"null", "cart_not_valid"),
        (b"[]", "cart_not_valid"),
        (b"{}", "cart_not_valid"),
        (b'{"token": 1, "lines": []}', "cart_not_valid"),
        (b'{"token": "", "lines": []}', "cart_not_valid"),
        (b'{"token": "?key=x", "lines": []}', "cart_not_valid"),
        (b'{"token": "a\\u0000", "lines": []}', "cart_not_valid"),
        (b'{"token": "a\\ud800", "lines": []}', "cart_not_valid"),
        (b'{"token": "a", "lines": [], "device": "\\ud800"}', "cart_not_valid"),
        (b'{"token": "a", "lines": {}}', "cart_not_valid"),
        (b'{"token": "a", "lines": [1]}', "cart_not_valid"),
        (b'{"token": "a", "lines": [{"variant_id": 1}]}', "cart_not_valid"),
        (b'{"token": "a", "lines": [{"variant_id": 0, "quantity": 1}]}', "cart_not_valid"),
        (b'{"token": "a", "lines": [{"variant_id": 1, "quantity": -1}]}', "cart_not_valid"),
        (b'{"token": "a", "lines": [{"variant_id": 1, "quantity": 100001}]}', "cart_not_valid"),
        (b'{"token": "a", "lines": [{"variant_id": 1, "quantity": 1e999}]}', "cart_not_valid"),
        (b'{"token": "a", "lines": [{"variant_id": 1, "quantity": NaN}]}', "cart_not_valid"),
        (b'{"token": "a", "lines": [{"variant_id": 9e99, "quantity": 1}]}', "cart_not_valid"),
        (
            b'{"token": "a", "lines": [{"variant_id": 1, "quantity": 1, "properties": []}], '
            b'"read_at": -1}',
            "cart_not_valid",
        ),
        (
            b'{"token": "a", "lines": [{"variant_id": 1, "quantity": 1, '
            b'"properties": {"a": {"b": 1}}}]}',
            "cart_not_valid",
        ),
    ],
)
def test_what_cannot_be_a_cart_is_refused_with_a_code(
    client: FlaskClient, at: datetime, body: bytes, expected: str
) -> None:
    response = send(client, signed(at), body)
    assert (response.status_code, code(response)) == (400, expected)


def test_too_many_lines_and_too_many_bytes_are_refused(client: FlaskClient, at: datetime) -> None:
    lines = [{"variant_id": number, "quantity": 1} for number in range(1, 252)]
    response = send(client, signed(at), report(*lines))
    assert (response.status_code, code(response)) == (400, "cart_not_valid")
    assert send(client, signed(at), report(*lines[:250])).status_code == 200
    response = send(client, signed(at), b" " * (512 * 1024 + 1))
    assert (response.status_code, code(response)) == (413, "body_too_large")


def test_properties_that_are_null_or_numbers_are_read_as_the_platform_means_them(
    client: FlaskClient, at: datetime
) -> None:
    line = {**TEA, "properties": {"Size": 4, "Gift": True, "Empty": None}}
    answer = send(client, signed(at), report(line, {**TEA, "properties": None})).get_json()
    shown = [each["properties"] for each in answer["lines"]]
    assert sorted(shown, key=len) == [{}, {"Gift": "true", "Size": "4"}]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
names = st.sampled_from(["token", "lines", "device", "mark", "read_at", "refused"])
line_names = st.sampled_from(["variant_id", "quantity", "properties", "selling_plan"])
nearly = st.dictionaries(
    names,
    st.one_of(
        json_values,
        st.lists(st.dictionaries(line_names, json_values | st.integers(1, 9)), max_size=3),
    ),
)


@given(body=nearly | json_values)
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_a_stranger_sends_is_never_our_fault(
    client: FlaskClient, at: datetime, body: Any
) -> None:
    if isinstance(body, dict):
        body = {"token": "abc?key=secret", "lines": [], **body}
    assert send(client, signed(at), body).status_code in {200, 400, 403}
