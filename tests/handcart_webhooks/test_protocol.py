from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from sqlalchemy import select

from handcart import Handcart
from handcart.storage import Database
from handcart.testing.street import until
from handcart_webhooks.inbox import deliveries

from .conftest import headers
from .served import Line, request, serving

CART = b'{"id":"c1","token":"c1"}'
MEBI = 1024 * 1024


@pytest.fixture
def port(app: Handcart) -> Iterator[int]:
    pages = Flask("pages")
    pages.add_url_rule("/page", "page", lambda: "a page")
    with serving(app, pages) as served:
        yield served.port


@pytest.fixture
def connect(port: int) -> Iterator[Callable[[], Line]]:
    lines: list[Line] = []

    def connect() -> Line:
        lines.append(Line(port))
        return lines[-1]

    yield connect
    for line in lines:
        line.close()


@pytest.fixture
def line(connect: Callable[[], Line]) -> Line:
    return connect()


def webhook(webhook_id: str, body: bytes = CART, **fields: str) -> bytes:
    return request(body, {**headers("carts/update", body, Webhook_Id=webhook_id), **fields})


def kept(app: Handcart) -> list[str]:
    row = deliveries.c
    with app.db.reading() as view:
        return list(view.scalars(select(row.webhook_id).order_by(row.place)))


def accepted() -> float:
    return REGISTRY.get_sample_value("handcart_webhooks_received_total", {"code": "accepted"}) or 0


def test_an_answer_has_a_date_a_length_and_json(app: Handcart, line: Line) -> None:
    before = accepted()
    line.say(webhook("w1"))
    answer = line.hear()
    assert (answer.status, answer.body) == (200, b"{}")
    assert answer.fields["content-type"] == "application/json"
    assert answer.fields["content-length"] == "2"
    assert answer.fields["date"].endswith("GMT")
    assert "connection" not in answer.fields
    assert (kept(app), accepted() - before) == (["w1"], 1)


def test_a_connection_carries_one_webhook_after_another(app: Handcart, line: Line) -> None:
    for number in range(5):
        line.say(webhook(f"w{number}"))
        assert line.hear().status == 200
    assert kept(app) == [f"w{number}" for number in range(5)]


def test_webhooks_and_pages_share_a_connection(app: Handcart, line: Line) -> None:
    for number in range(3):
        line.say(webhook(f"w{number}"))
        assert line.hear().body == b"{}"
        line.say(request(b"", {}, line=b"GET /page HTTP/1.1"))
        assert line.hear().body == b"a page"
    assert len(kept(app)) == 3


def test_requests_that_do_not_wait_for_answers_get_them_in_order(app: Handcart, line: Line) -> None:
    page = request(b"", {}, line=b"GET /page HTTP/1.1")
    line.say(webhook("w1") + webhook("w2") + page + webhook("w3") + page)
    answers = [line.hear() for _ in range(5)]
    assert [answer.status for answer in answers] == [200] * 5
    assert [answer.body for answer in answers] == [b"{}", b"{}", b"a page", b"{}", b"a page"]
    assert kept(app) == ["w1", "w2", "w3"]


def test_a_body_may_come_in_pieces(app: Handcart, line: Line) -> None:
    whole = webhook("w1", CART + b" " * 300_000)
    line.say(whole[:50], whole[50:600], whole[600:100_000], whole[100_000:])
    assert line.hear().status == 200
    assert kept(app) == ["w1"]


def test_a_body_may_come_in_chunks(app: Handcart, line: Line) -> None:
    head = request(
        b"",
        {**headers("carts/update", CART, Webhook_Id="w1"), "Content-Length": ""}
        | {"Transfer-Encoding": "chunked"},
    )
    line.say(head, b"5\r\n" + CART[:5] + b"\r\n", b"%x\r\n" % len(CART[5:]) + CART[5:] + b"\r\n")
    line.say(b"0\r\n\r\n")
    assert line.hear().status == 200
    assert kept(app) == ["w1"]


def test_who_asks_whether_to_go_on_is_told_to(app: Handcart, line: Line) -> None:
    whole = webhook("w1", Expect="100-continue")
    line.say(whole[: -len(CART)])
    assert line.hear().status == 100
    line.say(CART)
    assert line.hear().status == 200
    assert kept(app) == ["w1"]


@pytest.mark.parametrize("how", ["asked", "old"])
def test_a_connection_that_is_to_be_closed_is(app: Handcart, line: Line, how: str) -> None:
    said = webhook("w1", Connection="close") if how == "asked" else webhook("w1")
    line.say(said if how == "asked" else said.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    answer = line.hear()
    assert (answer.status, answer.fields["connection"]) == (200, "close")
    assert line.is_closed()
    assert kept(app) == ["w1"]


def test_what_is_refused_leaves_the_connection_as_good_as_it_was(app: Handcart, line: Line) -> None:
    line.say(webhook("w1").replace(CART, CART.upper()))
    answer = line.hear()
    assert (answer.status, answer.body) == (401, b'{"error":{"code":"signature_wrong"}}')
    line.say(request(CART, {}, line=b"PUT /webhooks HTTP/1.1"))
    answer = line.hear()
    assert (answer.status, answer.fields["allow"]) == (405, "POST")
    line.say(webhook("w2"))
    assert line.hear().status == 200
    assert kept(app) == ["w2"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_refused_before_it_has_all_come(
    app: Handcart, line: Line, announced: bool
) -> None:
    fields: dict[str, str] = headers("carts/update", b"")
    if announced:
        line.say(request(b"", {**fields, "Content-Length": str(6 * MEBI)}))
    else:
        line.say(request(b"", {**fields, "Content-Length": "", "Transfer-Encoding": "chunked"}))
        line.say(*[b"%x\r\n%s\r\n" % (MEBI, b" " * MEBI)] * 5, b"1\r\n \r\n")
    answer = line.hear()
    assert (answer.status, answer.body) == (413, b'{"error":{"code":"body_too_large"}}')
    # The rest may come, and is nothing.
    line.say(b" " * 6 * MEBI if announced else b"0\r\n\r\n", webhook("w1"))
    assert line.hear().status == 200
    assert kept(app) == ["w1"]


class Held:
    """A store that keeps nothing until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.let_go = threading.Event(), threading.Event()
        autocommit = Database.autocommit

        def held(*given: Any) -> int:
            self.reached.set()
            assert self.let_go.wait(60)
            return autocommit(*given)

        monkeypatch.setattr(Database, "autocommit", held)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    held = Held(monkeypatch)
    yield held
    held.let_go.set()


def test_who_goes_away_before_the_answer_disturbs_nobody(
    app: Handcart, held: Held, connect: Callable[[], Line]
) -> None:
    gone, other = connect(), connect()
    gone.say(webhook("w1"))
    assert held.reached.wait(60)
    gone.close()
    other.say(webhook("w2"))
    held.let_go.set()
    assert other.hear().status == 200
    until(lambda: kept(app) == ["w1", "w2"], "both are kept", seconds=60)


def test_a_server_that_stops_answers_what_it_has_taken(app: Handcart, held: Held) -> None:
    with serving(app) as served:
        line = Line(served.port)
        line.say(webhook("w1"))
        assert held.reached.wait(60)
        stopping = threading.Thread(target=served.stop)
        stopping.start()
        held.let_go.set()
        answer = line.hear()
        assert (answer.status, answer.fields.get("connection")) in {(200, "close"), (200, None)}
        assert line.is_closed()
        line.close()
        stopping.join(60)
    assert kept(app) == ["w1"]


def test_bytes_that_are_no_http_are_refused(app: Handcart, line: Line) -> None:
    line.say(webhook("w1"))
    assert line.hear().status == 200
    line.say(b"\x16\x03\x01 not http\r\n\r\n")
    assert line.hear().status == 400
    assert line.is_closed()


VALUES = st.binary(max_size=40).map(lambda some: some.replace(b"\r", b"").replace(b"\n", b""))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(headers("carts/update", CART))), value=VALUES, body=st.binary())
def test_no_bytes_of_a_stranger_make_an_error_of_ours(
    port: int, name: str, value: bytes, body: bytes
) -> None:
    line = Line(port)
    try:
        fields = headers("carts/update", body)
        changed = request(body, {**fields, name: "STRANGE"}).replace(b"STRANGE", value, 1)
        line.say(changed)
        assert line.hear().status in {200, 400, 401}
    finally:
        line.close()
