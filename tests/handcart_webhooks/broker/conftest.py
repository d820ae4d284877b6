from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from handcart.settings import Settings
from handcart.testing.street import until
from handcart_webhooks.broker import topology
from handcart_webhooks.broker.link import Link
from tests.rabbitmq import Node, NotToBeHad, find_programs, serving


@pytest.fixture(scope="session")
def one_node() -> Iterator[Node]:
    """A broker for all tests that want one."""
    try:
        find_programs()
    except NotToBeHad as reason:
        pytest.skip(str(reason))
    with serving() as cluster:
        yield cluster.nodes[0]


@pytest.fixture
def rabbit(one_node: Node) -> Iterator[Node]:
    """A broker with nothing of ours on it."""
    yield one_node
    with Link(one_node.url) as link:
        link.connect()
        channel = link.channel()
        for queue in (*topology.queues, topology.dead_letters):
            channel.queue_delete(queue.name)
        for exchange in (topology.webhooks, topology.dead):
            channel.exchange_delete(exchange.name)


@pytest.fixture
def settings(settings: Settings, rabbit: Node) -> Settings:
    return replace(settings, receive_via=rabbit.url)


def depth(node: Node, name: str) -> int:
    """How many messages nobody has taken wait there."""
    with Link(node.url) as link:
        link.connect()
        count: int = link.channel().queue_declare(name, passive=True).message_count
        return count


def wait_for_depth(node: Node, name: str, wanted: int) -> None:
    until(lambda: depth(node, name) == wanted, f"{name} never held {wanted}")
