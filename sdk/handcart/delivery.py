"""One webhook as it was delivered: verified, kept, and handed to whoever asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from .errors import BadInput


@dataclass(frozen=True, slots=True)
class Delivery:
    """``body`` is what was signed, byte for byte; the rest came in unsigned headers.

    ``webhook_id`` is the same for every repetition of this delivery, so it serves as the key of
    whatever is done because of it. ``triggered_at`` is the platform's clock, or None.
    """

    shop: str
    topic: str
    webhook_id: str
    event_id: str | None
    api_version: str | None
    triggered_at: datetime | None
    received_at: datetime
    body: bytes

    @property
    def payload(self) -> Mapping[str, Any]:
        """The body as JSON; raises BadInput (``payload_not_json``) when it is not an object."""
        try:
            payload = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise BadInput("payload_not_json", str(error)) from None
        if not isinstance(payload, dict):
            raise BadInput("payload_not_json", "the body is JSON but not an object")
        return payload
