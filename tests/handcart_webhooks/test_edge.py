from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from sqlalchemy import func, select

from handcart import Handcart
from handcart_webhooks import Engine
from handcart_webhooks.inbox import deliveries

from .conftest import SHOP, Client, headers, sign
from .served import serving

CART = b'{"id":"c1","token":"c1","line_items":[],"updated_at":"2026-11-23T10:00:00+02:00"}'


class Wire(Client):
    """The same requests over real HTTP, where webhooks are taken before ASGI begins."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def _session(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._url, timeout=60, verify=False)


@pytest.fixture(params=["asgi", "wire"])
def client(app: Handcart, request: pytest.FixtureRequest) -> Iterator[Client]:
    if request.param == "asgi":
        edge = Engine(app).asgi(Flask("pages"))
        yield Client(edge)
        edge.close()
    else:
        with serving(app) as served:
            yield Wire(served.port)


def kept(app: Handcart) -> int:
    with app.db.reading() as view:
        return view.scalar(select(func.count()).select_from(deliveries)) or 0


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def counted(name: str) -> float:
    return REGISTRY.get_sample_value("handcart_webhooks_received_total", {"code": name}) or 0


def test_a_signed_delivery_is_kept_before_it_is_acknowledged(app: Handcart, client: Client) -> None:
    assert client.post("carts/update", CART).status_code == 200
    with app.db.reading() as view:
        row = view.execute(select(deliveries)).one()
    assert (row.shop, row.topic, row.body) == (SHOP, "carts/update", CART)
    assert (row.resource, row.state, row.attempts) == ("carts:c1", "waiting", 0)
    assert row.triggered_at.isoformat() == "2026-11-23T08:59:59.123456+00:00"


def test_a_repeated_delivery_is_acknowledged_and_kept_once(app: Handcart, client: Client) -> None:
    same = headers("carts/update", CART, Webhook_Id="w1")
    assert client.post_many([(CART, same)] * 40) == [200] * 40
    assert kept(app) == 1


def test_the_same_id_from_two_shops_is_two_deliveries(app: Handcart, client: Client) -> None:
    client.post("carts/update", CART, Webhook_Id="w1")
    client.post("carts/update", CART, Webhook_Id="w1", Shop_Domain="other.myshopify.com")
    assert kept(app) == 2


def test_both_header_families_are_read(app: Handcart, client: Client) -> None:
    renamed = {
        name.lower().removeprefix("x-"): value
        for name, value in headers("carts/update", CART).items()
    }
    answer = client.request("POST", "/webhooks", content=CART, headers=renamed)
    assert answer.status_code == 200
    assert kept(app) == 1


FORGED = [
    ({"Hmac_Sha256": sign(b"something else")}, 401, "signature_wrong"),
    ({"Hmac_Sha256": sign(CART, "another secret")}, 401, "signature_wrong"),
    ({"Hmac_Sha256": None}, 401, "signature_missing"),
    ({"Hmac_Sha256": "not base64!"}, 401, "signature_not_base64"),
    ({"Hmac_Sha256": sign(CART)[:-4]}, 401, "signature_not_base64"),
]


@pytest.mark.parametrize(("changes", "status", "expected"), FORGED)
def test_a_forged_delivery_is_refused_and_not_kept(
    app: Handcart, client: Client, changes: dict[str, Any], status: int, expected: str
) -> None:
    before = counted(expected)
    assert code(client.post("carts/update", CART, **changes)) == (status, expected)
    assert counted(expected) == before + 1
    assert kept(app) == 0


UNREADABLE = [
    ({"Topic": None}, "topic_missing"),
    ({"Topic": "carts update"}, "topic_malformed"),
    ({"Shop_Domain": None}, "shop_domain_missing"),
    ({"Shop_Domain": "juniper-tea.myshopify.com.evil.com"}, "shop_malformed"),
    ({"Shop_Domain": "evil.com/juniper-tea.myshopify.com"}, "shop_malformed"),
    ({"Webhook_Id": None}, "webhook_id_missing"),
    ({"Webhook_Id": "a b"}, "webhook_id_malformed"),
    ({"Webhook_Id": "w" * 101}, "webhook_id_malformed"),
]


@pytest.mark.parametrize(("changes", "expected"), UNREADABLE)
def test_a_delivery_without_a_readable_address_is_refused(
    app: Handcart, client: Client, changes: dict[str, Any], expected: str
) -> None:
    assert code(client.post("carts/update", CART, **changes)) == (400, expected)
    assert kept(app) == 0


@pytest.mark.parametrize("name", ["Hmac-Sha256", "Topic", "Shop-Domain", "Webhook-Id"])
def test_a_header_that_is_not_ascii_is_refused_and_never_an_error_of_ours(
    app: Handcart, client: Client, name: str
) -> None:
    sent: list[tuple[bytes, bytes]] = [
        (key.encode(), value.encode()) for key, value in headers("carts/update", CART).items()
    ]
    hostile = [(key, "é☃".encode() if key.decode().endswith(name) else v) for key, v in sent]
    answer = client.request("POST", "/webhooks", content=CART, headers=hostile)
    assert answer.status_code in {400, 401}
    assert kept(app) == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_only_post_is_allowed(app: Handcart, client: Client, method: str) -> None:
    answer = client.request(method, "/webhooks")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert kept(app) == 0


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "streamed"])
def test_a_body_over_five_mebibytes_is_refused(
    app: Handcart, client: Client, announced: bool
) -> None:
    body = b"x" * (5 * 1024 * 1024 + 1)
    sent = headers("carts/update", body)

    async def stream() -> Any:
        yield body[: len(body) // 2]
        yield body[len(body) // 2 :]

    content = body if announced else stream()
    answer = client.request("POST", "/webhooks", content=content, headers=sent)
    assert code(answer) == (413, "body_too_large")
    assert kept(app) == 0


def test_a_body_of_exactly_five_mebibytes_is_kept(app: Handcart, client: Client) -> None:
    assert client.post("carts/update", b"x" * (5 * 1024 * 1024)).status_code == 200
    assert kept(app) == 1


@pytest.mark.parametrize("body", [b"\xff\xfe not utf-8", b"not json", b"", b"[1]", b"null"])
def test_what_the_platform_signed_is_kept_even_if_it_cannot_be_read(
    app: Handcart, client: Client, body: bytes
) -> None:
    assert client.post("carts/update", body).status_code == 200
    assert kept(app) == 1


def test_a_refusal_is_logged_without_anything_a_stranger_sent(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        client.post("carts/update", b'{"email":"someone@example.com"}', Hmac_Sha256="wrong")
    assert [record.getMessage() for record in caplog.records] == [
        "request refused: 401 signature_not_base64"
    ]


def test_a_store_that_is_away_answers_503_and_keeps_nothing(
    app: Handcart, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with app.db.writing() as work:
        deliveries.drop(work)
    answer = client.post("carts/update", CART)
    assert code(answer) == (503, "store_failed")
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize("client", ["asgi"], indirect=True)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=200),
    chosen=st.dictionaries(
        st.sampled_from(list(headers("carts/update", b""))), st.binary(max_size=60), max_size=7
    ),
)
def test_no_bytes_of_a_stranger_make_an_error_of_ours(
    app: Handcart, client: Client, body: bytes, chosen: dict[str, bytes]
) -> None:
    sent = [(name.lower().encode(), value) for name, value in chosen.items()]
    answer = client.request("POST", "/webhooks", content=body, headers=sent)
    assert answer.status_code in {400, 401}
    assert kept(app) == 0
