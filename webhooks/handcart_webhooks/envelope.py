"""The headers around a webhook's body: who sends what, and under which id.

Both header families are read (shopify.dev, webhooks: ``X-Shopify-…`` and the lower-case
``shopify-…`` of events). Nothing here is signed: the id serves to recognise a repetition, and
what a delivery may change is decided by the payload and its own dates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from handcart.delivery import Delivery
from handcart.errors import BadInput
from handcart.platform.shopify.shop_domain import shop_domain

Headers = Mapping[bytes, bytes]  # names in lower case
_TOPIC = re.compile(r"[a-z0-9_]{1,60}/[a-z0-9_]{1,60}|[A-Z][A-Za-z]{1,60}")
_ID = re.compile(r"[\x21-\x7e]{1,100}")
_NAMES = (
    "hmac-sha256",
    "shop-domain",
    "topic",
    "webhook-id",
    "event-id",
    "api-version",
    "triggered-at",
)
# The platform's own packages look at the first family first.
_KEYS = {name: (f"x-shopify-{name}".encode(), f"shopify-{name}".encode()) for name in _NAMES}


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a delivery belongs; ``triggered_at`` is None when it is missing or unreadable."""

    shop: str
    topic: str
    webhook_id: str
    event_id: str | None
    api_version: str | None
    triggered_at: datetime | None

    @classmethod
    def from_headers(cls, headers: Headers) -> Envelope:
        """Read the headers; BadInput with a code of its own for each that is missing or wrong."""
        return cls(
            shop=_shop(_needed(headers, "shop-domain")),
            topic=_matching(_TOPIC, _needed(headers, "topic"), "topic"),
            webhook_id=_matching(_ID, _needed(headers, "webhook-id"), "webhook_id"),
            event_id=_short(_text(headers, "event-id"), 100),
            api_version=_short(_text(headers, "api-version"), 20),
            triggered_at=_moment(_text(headers, "triggered-at")),
        )

    def delivery(self, body: bytes, *, received_at: datetime) -> Delivery:
        return Delivery(
            shop=self.shop,
            topic=self.topic,
            webhook_id=self.webhook_id,
            event_id=self.event_id,
            api_version=self.api_version,
            triggered_at=self.triggered_at,
            received_at=received_at,
            body=body,
        )


def find(headers: Headers, name: str) -> bytes | None:
    """What the header of either family says; None without one."""
    first, second = _KEYS[name]
    return headers.get(first) or headers.get(second)


def _text(headers: Headers, name: str) -> str | None:
    raw = find(headers, name)
    if raw is None:
        return None
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        raise BadInput("header_not_ascii", f"the header {name} is not ASCII") from None


def _short(text: str | None, longest: int) -> str | None:
    """Nobody signed it, and one that does not fit would keep others out of the same commit."""
    return text if text is None else text.replace("\0", "")[:longest]


def _needed(headers: Headers, name: str) -> str:
    text = _text(headers, name)
    if not text:
        raise BadInput(f"{name.replace('-', '_')}_missing", f"the header {name} is missing")
    return text


def _matching(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise BadInput(f"{what}_malformed", f"this is not a {what.replace('_', ' ')}")
    return text


def _shop(text: str) -> str:
    shop = shop_domain(text)
    if shop is None:
        raise BadInput("shop_malformed", "this is not a shop's domain")
    return shop


def _moment(text: str | None) -> datetime | None:
    """The platform sends nanoseconds; a datetime leaves off what it cannot hold."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
