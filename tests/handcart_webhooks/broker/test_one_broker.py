"""What a broker in front of the inbox promises, on a real one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import kombu
import orjson
import pytest
from flask import Flask
from prometheus_client import REGISTRY
from sqlalchemy import select, text
from sqlalchemy.exc import DataError

from handcart import Handcart
from handcart.delivery import Delivery
from handcart.errors import SettingsError
from handcart.testing.street import until
from handcart_webhooks import broker
from handcart_webhooks.broker import dead_letters, topology
from handcart_webhooks.broker.consumer import Consumer
from handcart_webhooks.broker.link import Bell, Link
from handcart_webhooks.broker.publisher import Publisher
from handcart_webhooks.inbox import deliveries
from tests.handcart_webhooks.conftest import SHOP, Client, headers
from tests.rabbitmq import Node, serving

from .conftest import depth, wait_for_depth

pytestmark = pytest.mark.server
CART = b'{"id":"c1","token":"c1","line_items":[],"updated_at":"2026-11-23T10:00:00+02:00"}'


def cart(token: str, number: int) -> bytes:
    return orjson.dumps({"id": token, "token": token, "line_items": [], "number": number})


@pytest.fixture
def reading(app: Handcart) -> Iterator[Handcart]:
    """The app while it moves what is on the broker into its inbox."""
    app.engine.start()
    yield app
    app.engine.stop()


def kept(app: Handcart) -> list[Any]:
    with app.db.reading() as view:
        return list(view.execute(select(deliveries).order_by(deliveries.c.place)))


def wait_until_kept(app: Handcart, count: int) -> None:
    until(lambda: len(kept(app)) == count, f"{count} never came to be in the inbox")


def ended(outcome: str) -> float:
    return REGISTRY.get_sample_value("handcart_broker_ended_total", {"outcome": outcome}) or 0


def waiting(node: Node) -> int:
    return sum(each.waiting for each in dead_letters.depths(node.url) if "dead" not in each.queue)


def test_a_delivery_is_acknowledged_by_the_broker_and_moved_into_the_inbox(
    client: Client, app: Handcart, rabbit: Node
) -> None:
    assert client.post("carts/update", CART, Webhook_Id="w1").status_code == 200
    assert kept(app) == []
    assert waiting(rabbit) == 1
    app.engine.start()
    wait_until_kept(app, 1)
    [row] = kept(app)
    assert (row.shop, row.topic, row.webhook_id, row.body) == (SHOP, "carts/update", "w1", CART)
    assert (row.resource, row.state) == ("carts:c1", "waiting")
    assert row.triggered_at.isoformat() == "2026-11-23T08:59:59.123456+00:00"
    assert row.added_at == app.clock()
    until(lambda: waiting(rabbit) == 0, "it was not taken off the broker")
    app.engine.stop()
    assert depth(rabbit, "handcart.dead") == 0


def test_confirms_are_on(client: Client, rabbit: Node) -> None:
    """They are off by default; the broker itself says that this channel has them."""
    client.post("carts/update", CART)
    assert "true" in rabbit.ask("rabbit_channel:info_all([confirm])")


def test_nothing_is_acknowledged_that_the_broker_has_not_confirmed(
    client: Client, rabbit: Node
) -> None:
    assert client.post("carts/update", CART).status_code == 200
    before = ended("timed_out")
    rabbit.pause()
    began = time.monotonic()
    try:
        answer = client.post("carts/update", CART)
    finally:
        rabbit.resume()
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_failed")
    assert answer.headers["retry-after"] == "5"
    assert time.monotonic() - began < 5
    assert ended("timed_out") == before + 1
    until(lambda: client.post("carts/update", CART).status_code == 200, "it never recovered")


def test_a_repeated_delivery_is_acknowledged_and_kept_once(
    client: Client, reading: Handcart
) -> None:
    same = headers("carts/update", CART, Webhook_Id="w1")
    assert client.post_many([(CART, same)] * 40) == [200] * 40
    client.post("carts/update", CART, Webhook_Id="last")
    wait_until_kept(reading, 2)


def test_the_order_of_a_resource_is_that_in_which_it_was_offered(
    reading: Handcart, rabbit: Node, at: datetime
) -> None:
    """Offered by one thread without waiting, in sixteen queues, and read in groups."""
    publisher = broker.make_publisher(rabbit.url)
    answers: list[Exception | None] = []
    for number in range(600):
        body = cart(f"c{number % 20}", number)
        offered = Delivery(SHOP, "carts/update", f"w{number}", None, None, None, at, body)
        publisher.offer([(offered, answers.append)])
    publisher.close()
    assert answers == [None] * 600
    wait_until_kept(reading, 600)
    for token in range(20):
        mine = [row for row in kept(reading) if row.resource == f"carts:c{token}"]
        numbers = [orjson.loads(row.body)["number"] for row in mine]
        assert numbers == list(range(token, 600, 20))


@pytest.fixture
def other(rabbit: Node) -> Iterator[tuple[Consumer, list[str]]]:
    """One more that reads, and the ids of what it has read."""
    taken: list[str] = []

    def keep(group: Sequence[Delivery]) -> int:
        taken.extend(each.webhook_id for each in group)
        return len(group)

    consumer = Consumer(rabbit.url, keep=keep, kept=lambda: None)
    yield consumer, taken
    consumer.stop()


def test_of_two_that_read_each_queue_has_one_at_work(
    client: Client, reading: Handcart, rabbit: Node, other: tuple[Consumer, list[str]]
) -> None:
    client.post("carts/update", CART)
    wait_until_kept(reading, 1)
    consumer, taken = other
    consumer.start()
    second = 'rabbit_amqqueue:info_all(<<"/">>, [consumers])'
    until(lambda: rabbit.ask(second).count("{consumers, 2}") == 16, "the other never came")
    requests = [(body := cart(f"c{n}", n), headers("carts/update", body)) for n in range(64)]
    assert client.post_many(requests) == [200] * 64
    wait_until_kept(reading, 65)
    assert taken == []
    reading.engine.stop()
    assert client.post("carts/update", CART, Webhook_Id="later").status_code == 200
    until(lambda: taken == ["later"], "the other did not go on")


@contextmanager
def away(app: Handcart) -> Iterator[None]:
    """The table of deliveries cannot be written meanwhile."""
    rename = "ALTER TABLE {} RENAME TO {}"
    with app.db.writing() as work:
        work.execute(text(rename.format("deliveries", "elsewhere")))
    yield
    with app.db.writing() as work:
        work.execute(text(rename.format("elsewhere", "deliveries")))


def test_a_database_that_is_away_for_a_while_is_nothing_that_the_platform_notices(
    client: Client, reading: Handcart, rabbit: Node
) -> None:
    with away(reading):
        requests = [(body := cart(f"c{n}", n), headers("carts/update", body)) for n in range(50)]
        assert client.post_many(requests) == [200] * 50
        time.sleep(1.5)  # long enough for it to be tried more than once
        assert client.post("carts/update", CART).status_code == 200
    wait_until_kept(reading, 51)
    until(lambda: waiting(rabbit) == 0, "they were not taken off the broker")
    assert depth(rabbit, "handcart.dead") == 0


def test_readiness_asks_for_the_broker_and_not_for_the_database(
    app: Handcart, one_node: Node
) -> None:
    pages = Flask("pages")
    edge = broker_edge(app, pages)
    with pages.test_client() as browser:
        until(lambda: browser.get("/readyz").status_code == 200, "it never was ready")
        with away(app):
            answer = browser.get("/readyz")
            assert (answer.status_code, answer.json) == (200, {"status": "database_unreachable"})
        edge.close()
        answer = browser.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "broker_unreachable"})


def broker_edge(app: Handcart, pages: Flask) -> Any:
    from handcart_webhooks import Engine

    return Engine(app).asgi(pages)


def publish_raw(node: Node, body: bytes, **properties: Any) -> None:
    with Link(node.url, confirm_each=True) as link:
        link.connect()
        channel = link.channel()
        topology.declare(channel)
        message = channel.prepare_message(body, properties=properties)
        channel.basic_publish(message, topology.webhooks.name, "some/thing")


def test_a_message_that_cannot_be_read_rests_and_holds_up_nobody(
    client: Client, reading: Handcart, rabbit: Node
) -> None:
    publish_raw(rabbit, b"\xff\x00 nonsense", type="something else")
    assert client.post("carts/update", CART).status_code == 200
    wait_until_kept(reading, 1)
    wait_for_depth(rabbit, "handcart.dead", 1)
    assert dead_letters.release(rabbit.url) == 1
    wait_for_depth(rabbit, "handcart.dead", 1)
    assert len(kept(reading)) == 1


def tries_in_vain(node: Node) -> int:
    """Give back whatever comes until nothing comes any more; return how often that was."""
    tries = 0

    def give_back(message: Any) -> None:
        nonlocal tries
        tries += 1
        message.requeue()

    with Link(node.url) as link:
        bell = Bell()
        link.connect()
        reader = kombu.Consumer(
            link.channel(), topology.queues, auto_declare=False, on_message=give_back
        )
        reader.consume()
        before = -1
        while before != tries:
            before = tries
            link.wait(bell, 1)
            link.drain()
        bell.close()
    return tries


def test_what_was_tried_twenty_times_rests_until_it_is_released(
    client: Client, app: Handcart, rabbit: Node
) -> None:
    assert client.post("carts/update", CART, Webhook_Id="w1").status_code == 200
    assert tries_in_vain(rabbit) == topology.TRIES + 1
    wait_for_depth(rabbit, "handcart.dead", 1)
    assert dead_letters.release(rabbit.url) == 1
    assert depth(rabbit, "handcart.dead") == 0
    app.engine.start()
    wait_until_kept(app, 1)
    assert (kept(app)[0].webhook_id, kept(app)[0].body) == ("w1", CART)
    app.engine.stop()


def test_what_no_queue_would_take_is_not_acknowledged_and_mended(
    client: Client, app: Handcart, rabbit: Node
) -> None:
    assert client.post("carts/update", CART).status_code == 200
    with Link(rabbit.url) as link:
        link.connect()
        channel = link.channel()
        for queue in topology.queues:
            channel.queue_delete(queue.name)
    assert client.post("carts/update", CART).status_code == 503
    until(lambda: client.post("carts/update", CART).status_code == 200, "it was not mended")


def test_what_a_queue_refuses_is_not_acknowledged(client: Client, rabbit: Node) -> None:
    assert client.post("carts/update", CART).status_code == 200
    before = ended("refused")
    rabbit.ask(
        'rabbit_policy:set(<<"/">>, <<"full">>, <<"^handcart">>, [{<<"max-length">>, 1}], 0, '
        '<<"queues">>, <<"tests">>)'
    )
    try:
        answers: list[int] = []
        until(
            lambda: (
                answers.append(client.post("carts/update", CART).status_code) or answers[-1] == 503
            ),
            "the queue is never full",
        )
        assert ended("refused") > before
    finally:
        rabbit.ask('rabbit_policy:delete(<<"/">>, <<"full">>, <<"tests">>)')


def test_a_broker_that_is_short_of_memory_is_not_waited_for(client: Client, rabbit: Node) -> None:
    assert client.post("carts/update", CART).status_code == 200
    rabbit.ask("vm_memory_monitor:set_vm_memory_high_watermark(0.000001)")
    try:
        until(at_once_503(client), "it never refused at once")
    finally:
        rabbit.ask("vm_memory_monitor:set_vm_memory_high_watermark(0.4)")
    until(lambda: client.post("carts/update", CART).status_code == 200, "it never recovered")


def at_once_503(client: Client) -> Callable[[], bool]:
    def refused() -> bool:
        began = time.monotonic()
        answer = client.post("carts/update", CART)
        return answer.status_code == 503 and time.monotonic() - began < 0.5

    return refused


def test_a_broker_that_is_away_is_waited_for_and_then_not(app: Handcart, at: datetime) -> None:
    """Nobody listens on this port: three seconds of hope, then refusals at once."""
    publisher = Publisher("amqp://127.0.0.1:1", patience=0.5)
    answers: list[Exception | None] = []
    offered = Delivery(SHOP, "carts/update", "w1", None, None, None, at, CART)
    publisher.offer([(offered, answers.append)])
    assert answers == []
    until(lambda: len(answers) == 1, "it was never answered")

    def refused_at_once() -> bool:
        before = len(answers)
        publisher.offer([(offered, answers.append)])
        return len(answers) > before

    until(refused_at_once, "it is still waited for")
    publisher.close()
    assert None not in answers


def test_a_broker_without_the_plugin_is_refused_at_the_start() -> None:
    with serving(plugins=()) as cluster:
        with pytest.raises(SettingsError, match="rabbitmq-plugins enable") as refused:
            broker.make_publisher(cluster.url)
        with pytest.raises(SettingsError) as unknown:
            broker.make_publisher(cluster.url.replace("guest:guest", "guest:wrong"))
    assert refused.value.code == "broker_plugin_missing"
    assert unknown.value.code == "broker_access_refused"


def test_what_is_there_already_and_otherwise_is_refused_at_the_start(rabbit: Node) -> None:
    with Link(rabbit.url) as link:
        link.connect()
        link.channel().queue_declare("handcart.webhooks.00", durable=True, auto_delete=False)
    with pytest.raises(SettingsError) as refused:
        broker.make_publisher(rabbit.url)
    assert refused.value.code == "broker_topology_differs"


def test_what_the_database_cannot_hold_rests_and_holds_up_nobody(
    client: Client, rabbit: Node
) -> None:
    held: list[str] = []

    def keep(group: Sequence[Delivery]) -> int:
        if any(each.webhook_id == "too-much" for each in group):
            raise DataError("INSERT", None, ValueError("value too long"))
        held.extend(each.webhook_id for each in group)
        return len(group)

    names = ["w1", "too-much", "w2"]
    requests = [(CART, headers("carts/update", CART, Webhook_Id=name)) for name in names]
    assert client.post_many(requests) == [200] * 3
    consumer = Consumer(rabbit.url, keep=keep, kept=lambda: None)
    consumer.start()
    wait_for_depth(rabbit, "handcart.dead", 1)
    until(lambda: sorted(held) == ["w1", "w2"], "the others were held up")
    until(lambda: waiting(rabbit) == 0, "they were not taken off the broker")
    consumer.stop()


def test_an_error_that_nobody_thought_of_ends_no_consumer(client: Client, rabbit: Node) -> None:
    held: list[str] = []
    rung: list[int] = []

    def keep(group: Sequence[Delivery]) -> int:
        held.extend(each.webhook_id for each in group)
        return len(group)

    def kept() -> None:
        rung.append(len(held))
        if len(rung) == 1:
            raise RuntimeError("nobody thought of this")

    consumer = Consumer(rabbit.url, keep=keep, kept=kept)
    consumer.start()
    assert client.post("carts/update", CART, Webhook_Id="w1").status_code == 200
    until(lambda: rung == [1], "the first was not read")
    assert client.post("carts/update", CART, Webhook_Id="w2").status_code == 200
    until(lambda: held[-1] == "w2", "the second was not read")
    consumer.stop()
