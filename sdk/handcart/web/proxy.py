"""The app proxy: what a shopper's browser asks of us through its own shop.

The platform signs every such request and names the signed-in customer (shopify.dev, Authenticate
app proxies). The signature proves the shop and the customer; it does not prove that a resource
named in the request is the customer's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from ..errors import BadInput, NotVerified, TooLarge
from ..platform.shopify.verify import ProxyVerdict, verify_proxy
from . import handcart

P = ParamSpec("P")
_MOST_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """A verified request; ``customer_id`` is None for a guest, ``params`` hold no repeated name."""

    shop: str
    customer_id: int | None
    params: Mapping[str, str]
    body: bytes


def proxied(
    view: Callable[Concatenate[ProxyRequest, P], Response],
) -> Callable[P, Response]:
    """Call the view with what the platform signed, or answer 400, 401 or 413 with a stable code.

    No answer is ever kept by a cache: each is for one person.
    """

    @wraps(view)
    def verified(*args: P.args, **kwargs: P.kwargs) -> Response:
        answer = view(_proxy_request(), *args, **kwargs)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return verified


def _proxy_request() -> ProxyRequest:
    app = handcart()
    verdict = verify_proxy(request.query_string, secrets=app.settings.api_secrets, at=app.clock())
    if not verdict.ok or verdict.shop is None:
        raise _refusal(verdict)
    return ProxyRequest(verdict.shop, verdict.customer_id, dict(verdict.params), _body())


def _refusal(verdict: ProxyVerdict) -> BadInput:
    kind = NotVerified if verdict.status == NotVerified.status else BadInput
    return kind(verdict.reason, "this request was not signed by the platform")


def _body() -> bytes:
    too_large = TooLarge("body_too_large", f"at most {_MOST_BYTES} bytes")
    if (request.content_length or 0) > _MOST_BYTES:
        raise too_large
    request.max_content_length = _MOST_BYTES
    try:
        return request.get_data()
    except RequestEntityTooLarge as error:
        raise too_large from error
