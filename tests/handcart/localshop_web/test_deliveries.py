from __future__ import annotations

import re
import socket
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from handcart.errors import NotFound
from handcart.localshop import deliveries as sender
from handcart.localshop import payloads, tokens
from handcart.localshop.config import WebhookSubscription
from handcart.localshop.server import LocalShop
from handcart.localshop.world import Subscription
from tests.handcart.localshop_web.listening import BEGIN, Browser, Got, Receiver, Reply

TOPIC = "inventory_levels/update"


def emit(shop: LocalShop, number: int = 1, topic: str = TOPIC) -> None:
    with shop.world.action():
        shop.world.emit(topic, {"id": number, "title": "Чай"})


def failing(got: Got) -> Reply:
    return 500, {}, b"no"


def test_a_delivery_carries_the_platforms_headers_over_the_raw_bytes(
    shop: LocalShop, receiver: Receiver
) -> None:
    emit(shop)
    assert shop.deliveries.flush(5)
    [got] = receiver.got
    assert (got.method, got.path) == ("POST", "/webhooks")
    assert got.body == '{"id":1,"title":"Чай"}'.encode()
    assert got.is_signed(shop.app.client_secret)
    assert not got.is_signed("another secret")
    uuid = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.fullmatch(uuid, got.headers["X-Shopify-Webhook-Id"])
    assert re.fullmatch(uuid, got.headers["X-Shopify-Event-Id"])
    shown = {
        name: got.headers[name]
        for name in got.headers
        if name.startswith(("X-Shopify", "User", "Content-T"))
        and not name.endswith(("-Id", "Sha256"))
    }
    assert shown == {
        "User-Agent": "Shopify-Captain-Hook",
        "Content-Type": "application/json",
        "X-Shopify-Topic": TOPIC,
        "X-Shopify-Shop-Domain": "juniper-tea.myshopify.com",
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Triggered-At": "2026-11-23T09:00:00.000000581Z",
    }


def test_topics_nobody_subscribed_to_are_not_sent(shop: LocalShop, receiver: Receiver) -> None:
    emit(shop, topic="collections/update")
    assert shop.deliveries.flush(5)
    assert (receiver.got, shop.deliveries.log()) == ([], [])


def test_one_action_has_one_event_id_and_each_delivery_its_own_webhook_id(
    shop: LocalShop, receiver: Receiver
) -> None:
    with shop.world.action():
        emit(shop, 1)
        emit(shop, 2)
    emit(shop, 3)
    assert shop.deliveries.flush(5)
    events = {got.json["id"]: got.headers["X-Shopify-Event-Id"] for got in receiver.got}
    assert events[1] == events[2] != events[3]
    assert len({got.webhook_id for got in receiver.got}) == 3


def test_nothing_is_sent_before_the_app_is_installed_but_what_the_law_asks_for(
    shop: LocalShop, receiver: Receiver
) -> None:
    tokens.uninstall(shop.world, shop.app.client_id)
    emit(shop)
    emit(shop, topic="shop/redact")
    assert shop.deliveries.flush(5)
    assert sorted(got.topic for got in receiver.got) == ["app/uninstalled", "shop/redact"]


def test_a_failure_is_tried_again_with_the_same_id_and_body(
    shop: LocalShop, receiver: Receiver
) -> None:
    receiver.answer = failing
    emit(shop)
    assert shop.deliveries.flush(5)
    assert len(receiver.got) == 1
    shop.advance(55)
    assert shop.deliveries.flush(5)
    assert len(receiver.got) == 1
    receiver.answer = lambda got: (204, {}, b"")
    shop.advance(1)
    assert shop.deliveries.flush(5)
    first, second = receiver.got
    assert (first.webhook_id, first.body, first.headers) == (
        second.webhook_id,
        second.body,
        second.headers,
    )
    [delivery] = shop.deliveries.log()
    assert delivery.state == "delivered"
    assert [attempt.status for attempt in delivery.attempts] == [500, 204]
    assert [attempt.at - BEGIN for attempt in delivery.attempts] == [
        timedelta(0),
        timedelta(seconds=56),
    ]


def test_eight_retries_in_four_hours_and_then_it_is_given_up(
    shop: LocalShop, receiver: Receiver
) -> None:
    receiver.answer = failing
    emit(shop)
    waits = []
    for _ in range(8):
        assert shop.deliveries.flush(5)
        [delivery] = shop.deliveries.log()
        wait = (delivery.due_at - shop.world.clock.now()).total_seconds()
        waits.append(wait)
        shop.advance(wait)
    assert shop.deliveries.flush(5)
    assert waits == [56, 112, 224, 448, 896, 1792, 3584, 7168]
    assert sum(waits) < 4 * 3600
    assert (delivery.state, len(receiver.got)) == ("given_up", 9)
    shop.advance(10 * 86400)
    assert shop.deliveries.flush(5)
    assert len(receiver.got) == 9


def test_only_a_subscription_of_the_admin_api_is_removed_after_the_last_retry(
    shop: LocalShop, receiver: Receiver
) -> None:
    receiver.answer = failing
    shop.world.subscriptions[9] = Subscription(
        9, shop.app.client_id, TOPIC, f"{receiver.url}/made", BEGIN, BEGIN, name="made"
    )
    emit(shop)
    for _ in range(9):
        assert shop.deliveries.flush(5)
        shop.advance(7168)
    assert shop.world.subscriptions == {}
    names = [got.headers.get("X-Shopify-Name") for got in receiver.got if got.path == "/made"]
    assert names == ["made"] * 9
    receiver.got.clear()
    emit(shop)
    assert shop.deliveries.flush(5)
    assert [got.path for got in receiver.got] == ["/webhooks"]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 503])
def test_only_2xx_is_success_and_redirects_are_not_followed(
    shop: LocalShop, receiver: Receiver, status: int
) -> None:
    receiver.answer = lambda got: (status, {"Location": f"{receiver.url}/elsewhere"}, b"")
    emit(shop)
    assert shop.deliveries.flush(5)
    [delivery] = shop.deliveries.log()
    assert (delivery.state, [got.path for got in receiver.got]) == ("retrying", ["/webhooks"])


def test_an_app_that_never_finishes_is_cut_off_after_the_whole_time(
    shop: LocalShop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "TOTAL_SECONDS", 0.4)
    with dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ") as port:
        point_at(shop, f"http://127.0.0.1:{port}/webhooks")
        began = time.monotonic()
        emit(shop)
        assert shop.deliveries.flush(5)
        assert time.monotonic() - began < 2
    [delivery] = shop.deliveries.log()
    [attempt] = delivery.attempts
    assert (attempt.status, attempt.error, delivery.state) == (None, "timeout", "retrying")
    assert 0.35 < attempt.seconds < 1


@pytest.mark.parametrize(
    ("said", "error"), [(b"SSH-2.0-nothing\r\n\r\n", "answer_not_http"), (b"", "connection_lost")]
)
def test_an_answer_that_is_none_is_a_failure_with_a_reason(
    shop: LocalShop, said: bytes, error: str
) -> None:
    with saying(said) as port:
        point_at(shop, f"http://127.0.0.1:{port}/webhooks")
        emit(shop)
        assert shop.deliveries.flush(5)
    assert [each.error for each in shop.deliveries.log()[0].attempts] == [error]


def test_nobody_listening_is_a_failure_with_a_reason(shop: LocalShop) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        point_at(shop, f"http://127.0.0.1:{taken.getsockname()[1]}/webhooks")
        emit(shop)
        assert shop.deliveries.flush(5)
    assert [each.error for each in shop.deliveries.log()[0].attempts] == ["connect_failed"]


def test_a_connection_that_the_app_closed_meanwhile_costs_no_attempt(
    shop: LocalShop, receiver: Receiver
) -> None:
    receiver.answer = lambda got: (200, {"Connection": "close"}, b"")
    for number in range(20):
        emit(shop, number)
        assert shop.deliveries.flush(5)
    assert [len(each.attempts) for each in shop.deliveries.log()] == [1] * 20
    assert {each.state for each in shop.deliveries.log()} == {"delivered"}


def test_a_duplicate_is_the_same_delivery_again(shop: LocalShop, receiver: Receiver) -> None:
    shop.faults.add("duplicate", copies=2, times=1)
    emit(shop, 1)
    emit(shop, 2)
    assert shop.deliveries.flush(5)
    ids = [got.webhook_id for got in receiver.got if got.json["id"] == 1]
    assert (len(ids), len(set(ids)), len(receiver.got)) == (3, 1, 4)


def test_a_reordered_one_comes_after_later_ones(shop: LocalShop, receiver: Receiver) -> None:
    shop.faults.add("reorder", times=1, copies=2)
    for number in (1, 2, 3):
        emit(shop, number)
    assert shop.deliveries.flush(5)
    assert [got.json["id"] for got in receiver.got][-1] == 1
    assert len(receiver.got) == 3


def test_a_reordered_one_with_nothing_after_it_still_comes(
    shop: LocalShop, receiver: Receiver
) -> None:
    shop.faults.add("reorder", copies=50)
    emit(shop)
    assert shop.deliveries.flush(5)
    assert len(receiver.got) == 1


def test_a_delayed_one_waits_for_the_shops_clock(shop: LocalShop, receiver: Receiver) -> None:
    shop.faults.add("delay", seconds=600)
    emit(shop)
    assert shop.deliveries.flush(5)
    assert (receiver.got, shop.deliveries.unsettled()) == ([], 1)
    shop.advance(600)
    assert shop.deliveries.flush(5)
    assert len(receiver.got) == 1


def test_a_dropped_one_never_comes(shop: LocalShop, receiver: Receiver) -> None:
    shop.faults.add("drop", times=1)
    emit(shop, 1)
    emit(shop, 2)
    shop.advance(86400)
    assert shop.deliveries.flush(5)
    assert [got.json["id"] for got in receiver.got] == [2]
    assert [each.state for each in shop.deliveries.log()] == ["delivered", "dropped"]


def test_a_wrong_signature_is_sent_once_and_the_retry_is_right(
    shop: LocalShop, receiver: Receiver
) -> None:
    secret = shop.app.client_secret
    receiver.answer = lambda got: (200 if got.is_signed(secret) else 401, {}, b"")
    shop.faults.add("corrupt_signature")
    emit(shop)
    assert shop.deliveries.flush(5)
    shop.advance(56)
    assert shop.deliveries.flush(5)
    assert [got.is_signed(secret) for got in receiver.got] == [False, True]
    assert shop.deliveries.log()[0].state == "delivered"


def test_twice_at_once_is_on_two_connections_at_the_same_moment(
    shop: LocalShop, receiver: Receiver
) -> None:
    both = threading.Barrier(2, timeout=3)

    def together(got: Got) -> Reply:
        both.wait()
        return 200, {}, b""

    receiver.answer = together
    shop.faults.add("twice_at_once")
    emit(shop)
    assert shop.deliveries.flush(5)
    assert len({got.webhook_id for got in receiver.got}) == 1
    assert [each.status for each in shop.deliveries.log()[0].attempts] == [200, 200]


def test_a_delivery_can_be_sent_again_by_hand(shop: LocalShop, receiver: Receiver) -> None:
    emit(shop)
    assert shop.deliveries.flush(5)
    shop.deliveries.resend(receiver.got[0].webhook_id)
    assert shop.deliveries.flush(5)
    first, again = receiver.got
    assert (first.webhook_id, first.body) == (again.webhook_id, again.body)
    with pytest.raises(NotFound):
        shop.deliveries.resend("unknown")


def test_a_subscription_gets_the_fields_and_events_it_asked_for(
    shop: LocalShop, receiver: Receiver
) -> None:
    wanted = WebhookSubscription(
        TOPIC, f"{receiver.url}/some", filter="id:>1", include_fields=("id",), name="some"
    )
    shop.deliveries._app = replace(shop.app, subscriptions=(wanted,))
    emit(shop, 1)
    emit(shop, 2)
    assert shop.deliveries.flush(5)
    assert [(got.path, got.body) for got in receiver.got] == [("/some", b'{"id":2}')]
    assert receiver.got[0].is_signed(shop.app.client_secret)


def test_uninstalling_is_followed_by_redaction_after_two_days(
    shop: LocalShop, receiver: Receiver, browser: Browser
) -> None:
    browser.post("/admin/uninstall")
    assert shop.deliveries.flush(5)
    assert [got.topic for got in receiver.got] == ["app/uninstalled"]
    shop.advance(48 * 3600)
    assert shop.deliveries.flush(5)
    assert [got.topic for got in receiver.got] == ["app/uninstalled", "shop/redact"]
    assert receiver.got[1].json == payloads.shop_redact(shop.world)


def test_an_app_that_is_back_within_two_days_is_not_redacted(
    shop: LocalShop, receiver: Receiver, browser: Browser
) -> None:
    browser.post("/admin/uninstall")
    browser.post("/admin/install")
    shop.advance(72 * 3600)
    assert shop.deliveries.flush(5)
    assert [got.topic for got in receiver.got] == ["app/uninstalled"]
    assert shop.deliveries.log("shop/redact")[0].state == "dropped"


def point_at(shop: LocalShop, url: str) -> None:
    shop.deliveries._app = replace(shop.app, subscriptions=(WebhookSubscription(TOPIC, url),))


class saying:
    """A port where every connection is told ``said`` and closed."""

    def __init__(self, said: bytes) -> None:
        self._said = said
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.settimeout(0.05)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> int:
        self._thread.start()
        port: int = self._door.getsockname()[1]
        return port

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        self._door.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                line, _ = self._door.accept()
            except TimeoutError:
                continue
            with line:
                line.recv(65536)
                self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        line.sendall(self._said)


class dripping(saying):
    """The same, but one more byte every 50 ms, so that no single read is ever late."""

    def _talk(self, line: socket.socket) -> None:
        line.sendall(self._said)
        while not self._over.wait(0.05):
            try:
                line.sendall(b"a")
            except OSError:
                return
