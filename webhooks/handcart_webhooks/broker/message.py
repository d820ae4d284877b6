"""A delivery as a message: the body as it was signed, what came around it as headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from handcart.delivery import Delivery
from handcart.errors import BadInput

from ..envelope import Envelope
from ..resources import resource_of

KIND = "handcart.delivery.1"  # the last part changes when old code could not read the new form
_LONGEST_KEY = 255  # of a short string in AMQP 0-9-1
_NAMES = ("shop", "topic", "webhook_id", "event_id", "api_version")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00")


def headers_of(delivery: Delivery) -> dict[str, str]:
    """Everything but the body; what is None is left out."""
    headers = {name: getattr(delivery, name) for name in _NAMES}
    headers["received_at"] = delivery.received_at.astimezone(UTC).isoformat()
    if delivery.triggered_at:
        headers["triggered_at"] = delivery.triggered_at.astimezone(UTC).isoformat()
    return {name: text for name, text in headers.items() if text is not None}


def routing_key(delivery: Delivery) -> str:
    """The same for everything about one resource of one shop, so that it stays in one queue."""
    resource = resource_of(delivery.topic, delivery.body, webhook_id=delivery.webhook_id)
    return f"{delivery.shop}/{resource}"[:_LONGEST_KEY]


def read_delivery(kind: object, headers: Mapping[str, Any], body: object) -> Delivery:
    """The delivery of a message; BadInput (``message_malformed``) for what is not one of ours."""
    if kind != KIND or not isinstance(body, bytes):
        raise BadInput("message_malformed", f"this is not a {KIND}")
    texts = {name: headers.get(name) for name in (*_NAMES, "received_at", "triggered_at")}
    if any(text is not None and not isinstance(text, str) for text in texts.values()):
        raise BadInput("message_malformed", "a header is not a text")
    received_at = _moment(texts["received_at"])
    if received_at is None:
        raise BadInput("message_malformed", "received_at is missing or unreadable")
    return _envelope(texts).delivery(body, received_at=received_at)


def _envelope(texts: Mapping[str, str | None]) -> Envelope:
    """Held to the same rules as the platform's own headers."""
    named = {
        b"shopify-shop-domain": texts["shop"],
        b"shopify-topic": texts["topic"],
        b"shopify-webhook-id": texts["webhook_id"],
        b"shopify-event-id": texts["event_id"],
        b"shopify-api-version": texts["api_version"],
        b"shopify-triggered-at": texts["triggered_at"],
    }
    try:
        return Envelope.from_headers(
            {name: text.encode() for name, text in named.items() if text is not None}
        )
    except BadInput as error:
        raise BadInput("message_malformed", f"{error.code}: {error}") from None


def _moment(text: str | None) -> datetime | None:
    if text is None or not _STAMP.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
