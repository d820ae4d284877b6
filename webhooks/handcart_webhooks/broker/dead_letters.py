"""How much waits on the broker, and the dead letters' way back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from amqp.exceptions import MessageNacked

from . import topology
from .link import Link

_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Depth:
    """``waiting`` are the messages that nobody has taken; ``consumers`` those who might."""

    queue: str
    waiting: int
    consumers: int


def depths(address: str) -> list[Depth]:
    """Of every queue of ours, the dead letters last; raises what the broker raises."""
    with Link(address) as link:
        link.connect()
        channel = link.channel()
        topology.declare(channel)
        asked = (*topology.queues, topology.dead_letters)
        return [Depth(*channel.queue_declare(queue.name, passive=True)) for queue in asked]


def release(address: str) -> int:
    """Publish every dead letter anew and return how many; each goes when its copy is confirmed.

    Those that come to rest meanwhile stay. ConnectionError when the broker does not confirm.
    """
    with Link(address, confirm_each=True) as link:
        link.connect()
        channel = link.channel()
        topology.declare(channel)
        returned: list[Any] = []
        channel.events["basic_return"].add(lambda *why: returned.append(why))
        there = channel.queue_declare(topology.dead_letters.name, passive=True).message_count
        released = 0
        for message in _taken(channel, there):
            _publish_anew(channel, message)
            if returned:
                raise ConnectionError("no queue took the message; it stays")
            channel.basic_ack(message.delivery_tag)
            released += 1
        return released


def _taken(channel: Any, most: int) -> Iterator[Any]:
    for _ in range(most):
        message = channel.basic_get(topology.dead_letters.name)
        if message is None:
            return
        yield message


def _publish_anew(channel: Any, message: Any) -> None:
    """As it was published the first time, without what the broker wrote on it since."""
    known = message.properties
    headers = known.get("application_headers") or {}
    kept = {name: text for name, text in headers.items() if not name.startswith("x-")}
    anew = channel.prepare_message(
        message.body,
        content_type=known.get("content_type"),
        headers=kept,
        properties={
            "delivery_mode": 2,
            **{name: known[name] for name in ("type", "message_id") if name in known},
        },
    )
    key = message.delivery_info["routing_key"]
    try:
        channel.basic_publish(
            anew, topology.webhooks.name, key, mandatory=True, confirm_timeout=_PATIENCE
        )
    except MessageNacked:
        raise ConnectionError("its queue refused the message; it stays") from None
