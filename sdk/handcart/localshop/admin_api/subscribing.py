"""The mutations that make, change and drop an app's own webhook subscriptions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from ...platform.shopify.topics import topic_name
from ..gids import gid
from ..refusals import Refused
from ..world import Subscription
from .answers import Payload, answer
from .call import TOPIC_SCOPES, Call
from .idempotency import refuse_key
from .lists import number_of
from .wire import not_served

_NAME = re.compile(r"[A-Za-z0-9_-]{1,50}", re.ASCII)


def _subscribe(
    info: GraphQLResolveInfo[Any], call: Call, topic: str, webhook_subscription: dict[str, Any]
) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        name = topic_name(topic)
        _refuse_topic(call, name)
        with call.world.action():
            at = call.world.stamp()
            number = call.world.next_id("subscription")
            made = Subscription(number, call.client_id, name, "", at, at)
            _fill(call, made, webhook_subscription)
            call.world.subscriptions[number] = made
        return {"webhook_subscription": made}

    return answer({"webhook_subscription": None}, act)


def _resubscribe(
    info: GraphQLResolveInfo[Any], call: Call, id: str, webhook_subscription: dict[str, Any]
) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        with call.world.action():
            known = _own_subscription(call, id)
            _fill(call, known, webhook_subscription)
            known.updated_at = call.world.stamp(known.updated_at)
        return {"webhook_subscription": known}

    return answer({"webhook_subscription": None}, act)


def _unsubscribe(info: GraphQLResolveInfo[Any], call: Call, id: str) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        with call.world.action():
            known = _own_subscription(call, id)
            del call.world.subscriptions[known.id]
        return {"deleted_webhook_subscription_id": gid("WebhookSubscription", known.id)}

    return answer({"deleted_webhook_subscription_id": None}, act)


def _own_subscription(call: Call, text: str) -> Subscription:
    known = call.world.subscriptions.get(number_of(text, "WebhookSubscription") or 0)
    if known is None or known.client_id != call.client_id:
        raise Refused("Webhook subscription does not exist", code="NOT_FOUND", field=("id",))
    return known


def _refuse_topic(call: Call, topic: str) -> None:
    scope = TOPIC_SCOPES.get(topic.partition("/")[0])
    if scope and not call.may((scope, "read_orders" if scope == "read_fulfillments" else scope)):
        raise Refused(
            f"You do not have permission to create or update webhooks with {topic} topic. "
            f"This topic requires the following scope: {scope}.",
            code="INVALID",
            field=("topic",),
        )


def _fill(call: Call, made: Subscription, given: dict[str, Any]) -> None:
    """Write what was given into ``made``, or refuse and write nothing."""
    field = ("webhookSubscription",)
    uri = given.get("uri") or given.get("callback_url") or made.uri
    if not re.match(r"https?://|pubsub://|arn:aws:events:", uri):
        raise Refused("Address is invalid", code="INVALID", field=(*field, "callbackUrl"))
    if given.get("name") and not _NAME.fullmatch(given["name"]):
        raise Refused("Name is invalid", code="INVALID", field=(*field, "name"))
    if given.get("metafields"):
        raise not_served("WebhookSubscriptionInput.metafields")
    _refuse_taken(call, made, uri, given.get("filter", made.filter) or "")
    made.uri = uri
    made.format = given.get("format") or made.format
    made.filter = given.get("filter", made.filter) or ""
    made.include_fields = tuple(given.get("include_fields", made.include_fields) or ())
    made.metafield_namespaces = tuple(
        given.get("metafield_namespaces", made.metafield_namespaces) or ()
    )
    made.name = given.get("name", made.name)


def _refuse_taken(call: Call, made: Subscription, uri: str, filter_: str) -> None:
    for other in call.world.subscriptions.values():
        same = (other.client_id, other.topic, other.uri, other.filter)
        if other is not made and same == (made.client_id, made.topic, uri, filter_):
            raise Refused(
                "Address for this topic has already been taken",
                code="TAKEN",
                field=("webhookSubscription", "callbackUrl"),
            )


SUBSCRIBING: dict[str, Callable[..., Payload]] = {
    "webhook_subscription_create": _subscribe,
    "webhook_subscription_delete": _unsubscribe,
    "webhook_subscription_update": _resubscribe,
}
