"""What has to be on the broker, declared by Handcart itself; declaring it again changes nothing.

::

    exchange handcart.webhooks (x-consistent-hash on shop/resource)
      ├─ queue handcart.webhooks.00  quorum, single active consumer, at most 20 tries
      ├─ …
      └─ queue handcart.webhooks.15 ──rejected, or tried too often──▶ exchange handcart.dead
                                                                        └─ queue handcart.dead

One resource is always in one queue, and one queue is read by one consumer at a time: its order is
kept. A message that is dead-lettered leaves its queue only once the dead letters have it.
"""

from __future__ import annotations

from typing import Any

from amqp.exceptions import (
    AccessRefused,
    AMQPError,
    InvalidCommand,
    NotAllowed,
    PreconditionFailed,
)
from kombu import Exchange, Queue

from handcart.errors import SettingsError

QUEUES = 16
TRIES = 20

webhooks = Exchange("handcart.webhooks", type="x-consistent-hash", durable=True)
dead = Exchange("handcart.dead", type="fanout", durable=True)
dead_letters = Queue(
    "handcart.dead", dead, durable=True, queue_arguments={"x-queue-type": "quorum"}
)
_SHARE = {
    "x-queue-type": "quorum",
    "x-single-active-consumer": True,
    "x-queue-leader-locator": "balanced",
    "x-delivery-limit": TRIES,
    "x-dead-letter-exchange": dead.name,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",  # at-least-once asks for it; no length is set
}
# The key of a binding to a consistent-hash exchange is its weight: all weigh the same.
queues = tuple(
    Queue(
        f"{webhooks.name}.{n:02}", webhooks, routing_key="1", durable=True, queue_arguments=_SHARE
    )
    for n in range(QUEUES)
)


def declare(channel: Any) -> None:
    """Everything is there; SettingsError when this broker cannot have it or will not let us."""
    try:
        for queue in (dead_letters, *queues):
            queue.bind(channel).declare()
    except AMQPError as error:
        raise refusal(error) or error from error


def refusal(error: AMQPError) -> SettingsError | None:
    """What a person has to mend, or None when waiting may mend it."""
    match error:
        case InvalidCommand():
            return SettingsError(
                "broker_plugin_missing",
                "run on every broker: rabbitmq-plugins enable rabbitmq_consistent_hash_exchange",
            )
        case PreconditionFailed():
            return SettingsError(
                "broker_topology_differs",
                f"something of that name is there already, made otherwise: {error.reply_text}",
            )
        case AccessRefused() | NotAllowed():
            return SettingsError("broker_access_refused", error.reply_text)
    return None
