"""From raw bytes to a kept delivery, whatever the web framework: verify, keep, answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from handcart.delivery import Delivery
from handcart.errors import BadInput
from handcart.platform.shopify.verify import verify_webhook

from . import counters
from .envelope import Envelope, Headers, find

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not kept: an HTTP ``status`` and a stable ``code``."""

    status: int
    code: str


ADDRESS_NOT_ASCII = Refusal(400, "address_not_ascii")
METHOD_NOT_ALLOWED = Refusal(405, "method_not_allowed")
BODY_TOO_LARGE = Refusal(413, "body_too_large")
STORE_BUSY = Refusal(503, "store_busy")
STORE_FAILED = Refusal(503, "store_failed")


@dataclass(frozen=True, slots=True)
class Receiver:
    """Judges requests. ``secrets`` are those the platform may sign with, newest first."""

    secrets: Sequence[str]
    max_body: int
    clock: Callable[[], datetime]

    def refuse_unread(self, method: str, headers: Headers) -> Refusal | None:
        """What can be refused before the body is read: the wrong method, a body too large."""
        if method != "POST":
            return refused(METHOD_NOT_ALLOWED)
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.max_body:
            return refused(BODY_TOO_LARGE)
        return None

    def judge(self, headers: Headers, body: bytes) -> Delivery | Refusal:
        """A verified delivery to be kept, or why not. Any bytes at all are judged, never raised."""
        signature = find(headers, "hmac-sha256")
        verdict = verify_webhook(signature=signature, body=body, secrets=self.secrets)
        if not verdict.ok:
            return refused(Refusal(verdict.status, verdict.reason))
        try:
            envelope = Envelope.from_headers(headers)
        except BadInput as error:
            return refused(Refusal(error.status, error.code))
        return envelope.delivery(body, received_at=self.clock())


def refused(refusal: Refusal) -> Refusal:
    """Count the refusal and log its code: nothing of what a stranger sent."""
    counters.received.labels(refusal.code).inc()
    log.warning("request refused: %d %s", refusal.status, refusal.code)
    return refusal
