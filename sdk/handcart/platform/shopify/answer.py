"""What came back from the Admin API, and what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from ...errors import PartialAnswer, PlatformError, UserError, UserErrors
from .retry import is_passing, retry_after

_STATUS_CODES = {
    402: "shop_frozen",
    403: "forbidden",
    404: "not_found",
    413: "too_large",
    423: "shop_locked",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One try's outcome; ``status`` 0 means none came, ``body`` None that it was torn."""

    status: int = 0
    body: Mapping[str, Any] | None = None
    retry_after: float | None = None
    version: str = ""
    request_id: str = ""
    never_sent: bool = False
    trouble: str = ""
    errors: Sequence[Mapping[str, Any]] = field(default=())

    @property
    def cost(self) -> Mapping[str, Any]:
        extensions = (self.body or {}).get("extensions")
        cost = extensions.get("cost") if isinstance(extensions, dict) else None
        return cost if isinstance(cost, dict) else {}

    @property
    def throttle(self) -> Mapping[str, Any]:
        """The bucket as the answer found it; empty when it does not say."""
        status = self.cost.get("throttleStatus")
        return status if isinstance(status, dict) else {}

    @property
    def is_throttled(self) -> bool:
        """True for 429 and 430, and for THROTTLED, which comes inside a 200."""
        return self.status in (429, 430) or self.is_bucket_empty

    @property
    def is_bucket_empty(self) -> bool:
        return any(_code(error) == "THROTTLED" for error in self.errors)

    def may_retry(self, repeatable: bool) -> bool:
        """True when another try may help and can do no harm."""
        if self.never_sent or (self.is_throttled and not self._carried_out):
            return True
        lost = self.status == 0 or is_passing(self.status) or (self.status == 200 and not self.body)
        return (lost or self.is_throttled) and repeatable

    @property
    def _carried_out(self) -> bool:
        """True when a part of the document has an answer already."""
        data = (self.body or {}).get("data")
        return isinstance(data, dict) and any(value is not None for value in data.values())

    def data(self) -> dict[str, Any]:
        """The ``data`` of a good answer; raises UserErrors or PlatformError."""
        data = (self.body or {}).get("data")
        if self.status != 200 or not isinstance(data, dict) or _denied_whole(self.errors):
            raise self.failure()
        if any(_code(error) != "ACCESS_DENIED" for error in self.errors):
            raise self.failure()
        if errors := _user_errors(data):
            refused = UserErrors(errors)
            refused.request_id = self.request_id
            raise refused
        return data

    def failure(self) -> PlatformError:
        """The error that says what went wrong, under the platform's id of the request."""
        error = self._failure()
        error.request_id = self.request_id
        return error

    def _failure(self) -> PlatformError:
        if self.errors:
            first = self.errors[0]
            code = (_code(first) or "graphql_error").lower()
            message = str(first.get("message", "")) or code
            data = (self.body or {}).get("data")
            if isinstance(data, dict) and self._carried_out:
                return PartialAnswer(code, message, data=data)
            return PlatformError(code, message)
        if self.status == 0:
            return PlatformError("no_answer", f"no answer: {self.trouble}")
        if self.status == 200:
            return PlatformError("answer_malformed", "the platform's answer cannot be read")
        code = _STATUS_CODES.get(self.status, "platform_error")
        return PlatformError(code, f"the platform answered {self.status}")


def read_answer(response: requests.Response) -> Answer:
    """The answer, whatever is in it."""
    body = _json(response)
    errors = (body or {}).get("errors")
    return Answer(
        status=response.status_code,
        body=body,
        retry_after=retry_after(response.headers),
        version=response.headers.get("X-Shopify-API-Version", ""),
        request_id=response.headers.get("X-Request-Id", ""),
        errors=tuple(one for one in errors if isinstance(one, dict))
        if isinstance(errors, list)
        else (),
    )


def _json(response: requests.Response) -> Mapping[str, Any] | None:
    try:
        body = response.json()
    except requests.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code", "")) if isinstance(extensions, dict) else ""


def _denied_whole(errors: Sequence[Mapping[str, Any]]) -> bool:
    """True when an error has no place, or a whole top-level field for its place."""
    return any(len(error.get("path") or ()) < 2 for error in errors)


def _user_errors(data: Mapping[str, Any]) -> list[UserError]:
    """Every entry of every ``userErrors`` list (``orderCancelUserErrors`` is one too)."""
    return [
        UserError(
            message=str(entry.get("message", "")),
            field=tuple(str(step) for step in entry.get("field") or ()),
            code=entry.get("code"),
        )
        for payload in data.values()
        if isinstance(payload, dict)
        for name, entries in payload.items()
        if name.lower().endswith("usererrors")
        for entry in entries or ()
    ]
