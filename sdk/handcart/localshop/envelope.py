"""What one webhook looks like on the wire: headers, signature and the bytes of the body."""

from __future__ import annotations

import base64
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from .as_xml import as_xml
from .config import AppConfig, WebhookSubscription
from .selection import picked


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: ``status`` is None when no answer came, and ``error`` then says why."""

    at: datetime
    status: int | None
    seconds: float
    error: str = ""
    note: str = ""

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class Delivery:
    """One event for one subscription; ``webhook_id`` and ``body`` are the same in every try.

    ``state`` is waiting, held, retrying, delivered, given_up or dropped.
    """

    webhook_id: str
    event_id: str
    topic: str
    url: str
    body: bytes
    headers: Mapping[str, str]
    emitted_at: datetime
    due_at: datetime
    subscription_id: int | None = None
    state: str = "waiting"
    retries: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    faults: tuple[str, ...] = ()


def sealed(
    shop: str,
    app: AppConfig,
    to: WebhookSubscription,
    body: Mapping[str, Any],
    *,
    event_id: str,
    at: datetime,
) -> Delivery:
    """A signed delivery of ``body`` to one subscription, due at once."""
    wanted = picked(body, to.include_fields)
    is_xml = to.format == "XML"
    raw = as_xml(to.topic, wanted) if is_xml else orjson.dumps(wanted)
    # Not from the shop's counters: an app that keeps its database over a restart of the local
    # shop would take the first deliveries of the new run for those of the old one.
    webhook_id = str(uuid.uuid4())
    headers = {
        "User-Agent": "Shopify-Captain-Hook",
        "Accept": "*/*",
        "Content-Type": "application/xml" if is_xml else "application/json",
        "X-Shopify-Topic": to.topic,
        "X-Shopify-Hmac-Sha256": signature(raw, app.signing_secret),
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-API-Version": app.api_version,
        "X-Shopify-Webhook-Id": webhook_id,
        "X-Shopify-Event-Id": event_id,
        "X-Shopify-Triggered-At": triggered_at(at),
    }
    if to.name:
        headers["X-Shopify-Name"] = to.name
    if to.topic.startswith("orders/"):
        headers["X-Shopify-Order-Id"] = str(body.get("id", ""))
    return Delivery(webhook_id, event_id, to.topic, to.uri, raw, headers, at, at)


def signature(body: bytes, secret: str) -> str:
    """Base64 HMAC-SHA256 of the raw body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def triggered_at(at: datetime) -> str:
    """UTC with nine decimals, as the platform writes it; the last three are always the same."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "581Z"
