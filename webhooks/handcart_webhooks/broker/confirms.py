"""A channel on which the broker confirms what it has, many messages at a time.

Confirms are off unless they are asked for, in AMQP as in kombu, and kombu's own way of asking
(``confirm_publish``) waits for each message before the next. Here messages go out one after the
other and the broker says later which of them a majority has written to disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import amqp

from handcart.delivery import Delivery

from . import topology
from .message import KIND, headers_of, routing_key

Outcome = str  # "confirmed", "refused" (by its queue) or "returned" (no queue would take it)
# Called once for each message, on the thread that drains the link.
Ended = Callable[[int, Outcome], Any]


class Confirms:
    """``publish()`` numbers the messages from 1 on; ``ended(number, outcome)`` follows for each."""

    def __init__(self, channel: Any, ended: Ended) -> None:
        self._channel = channel
        self._ended = ended
        self._under_way: dict[int, None] = {}  # in the order of their numbers
        self._returned: set[int] = set()
        self._last = 0
        channel.confirm_select()
        channel.events["basic_ack"].add(self._acked)
        channel.events["basic_nack"].add(self._nacked)
        channel.events["basic_return"].add(self._came_back)

    def publish(self, delivery: Delivery) -> int:
        """Send it off and return its number; the outcome comes while the link is drained."""
        self._last += 1
        number = self._last
        self._under_way[number] = None
        message = self._channel.prepare_message(
            delivery.body,
            content_type="application/octet-stream",
            headers=headers_of(delivery),
            properties={
                "type": KIND,
                "delivery_mode": 2,
                "message_id": delivery.webhook_id,
                "correlation_id": str(number),
            },
        )
        key = routing_key(delivery)
        self._channel.basic_publish(message, topology.webhooks.name, key, mandatory=True)
        return number

    def _acked(self, number: int, multiple: bool) -> None:
        for each in self._meant(number, multiple):
            self._ended(each, "returned" if each in self._returned else "confirmed")
            self._returned.discard(each)

    def _nacked(self, number: int, multiple: bool) -> None:
        for each in self._meant(number, multiple):
            self._ended(each, "refused")

    def _meant(self, number: int, multiple: bool) -> list[int]:
        """The numbers that a word of the broker is about: one, or all up to it."""
        if not multiple:
            meant = [number] if number in self._under_way else []
        else:
            meant = [each for each in self._under_way if each <= number]
        for each in meant:
            del self._under_way[each]
        return meant

    def _came_back(self, _why: Any, _exchange: str, _key: str, message: amqp.Message) -> None:
        """The broker says so first, and then confirms that it has dealt with the message."""
        self._returned.add(int(message.properties["correlation_id"]))
