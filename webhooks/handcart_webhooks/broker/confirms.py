"""A channel on which the broker confirms what it has, many messages at a time.

Confirms are off unless they are asked for, in AMQP as in kombu, and kombu's own way of asking
(``confirm_publish``) waits for each message before the next. Here messages go out one after the
other and the broker says later which of them a majority has written to disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import amqp

from . import topology
from .message import KIND, headers_of, routing_key
from .offers import Offer

Outcome = str  # "confirmed" by its queue, or "returned" because no queue would take it


class Confirms:
    """What is published is under way until ``ended(offer, outcome)`` or until it is refused.

    ``refused`` are those that their queue did not take. All is told on the thread that drains the
    link.
    """

    def __init__(self, channel: Any, ended: Callable[[Offer, Outcome], Any]) -> None:
        self.refused: dict[int, Offer] = {}
        self._channel = channel
        self._ended = ended
        self._under_way: dict[int, Offer] = {}  # the broker numbers them from 1 on
        self._returned: set[int] = set()
        self._last = 0
        channel.confirm_select()
        channel.events["basic_ack"].add(self._acked)
        channel.events["basic_nack"].add(self._nacked)
        channel.events["basic_return"].add(self._came_back)

    def __len__(self) -> int:
        """How many are under way."""
        return len(self._under_way)

    def left(self) -> list[Offer]:
        """What was not confirmed, in the order in which it was published."""
        return [offer for _, offer in sorted((self._under_way | self.refused).items())]

    def publish(self, offer: Offer) -> None:
        """Send it off; its outcome comes while the link is drained."""
        number = self._last + 1
        message = self._channel.prepare_message(
            offer.delivery.body,
            content_type="application/octet-stream",
            headers=headers_of(offer.delivery),
            properties={
                "type": KIND,
                "delivery_mode": 2,
                "message_id": offer.delivery.webhook_id,
                "correlation_id": str(number),
            },
        )
        key = routing_key(offer.delivery)
        self._channel.basic_publish(message, topology.webhooks.name, key, mandatory=True)
        self._last = number
        self._under_way[number] = offer

    def _acked(self, number: int, multiple: bool) -> None:
        for each in self._meant(number, multiple):
            returned = each in self._returned
            self._returned.discard(each)
            self._ended(self._under_way.pop(each), "returned" if returned else "confirmed")

    def _nacked(self, number: int, multiple: bool) -> None:
        for each in self._meant(number, multiple):
            self.refused[each] = self._under_way.pop(each)

    def _meant(self, number: int, multiple: bool) -> list[int]:
        """The numbers that a word of the broker is about: one, or all up to it."""
        if multiple:
            return [each for each in self._under_way if each <= number]
        return [number] if number in self._under_way else []

    def _came_back(self, _why: Any, _exchange: str, _key: str, message: amqp.Message) -> None:
        """The broker says so first, and then confirms that it has dealt with the message."""
        self._returned.add(int(message.properties["correlation_id"]))
