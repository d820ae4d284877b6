"""The receiver as a blueprint, for a Flask app of one's own behind any WSGI server.

It judges by the same function as the edge, keeps by the same group commit and gives the same
answers. Each request holds its thread until the commit that it shares with the others, so the
server's threads are what limits how many are in flight.
"""

from __future__ import annotations

from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import Any

import orjson
from flask import Blueprint, Response, request

from handcart.delivery import Delivery
from handcart.telemetry import span

from . import counters, measures, receive
from .committer import Keeper
from .receive import Receiver, Refusal

PATH = "/webhooks"
# The platform gives up after five seconds: by then it should have heard that we could not.
PATIENCE = 4.0
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_FAMILIES = ("HTTP_X_SHOPIFY_", "HTTP_SHOPIFY_")


def receiving(receiver: Receiver, *, committer: Keeper, patience: float = PATIENCE) -> Blueprint:
    """``POST /webhooks``: kept before it is acknowledged, or refused with a code."""
    door = Blueprint("handcart_webhooks", __name__)

    @door.route(PATH, methods=_METHODS, provide_automatic_options=False)
    def webhook() -> Response:
        headers = _headers(request.environ)
        refusal = receiver.refuse_unread(request.method, headers)
        if refusal is None:
            refusal = _judge_and_keep(headers)
        return _answer(refusal)

    def _judge_and_keep(headers: Mapping[bytes, bytes]) -> Refusal | None:
        body = _body(at_most=receiver.max_body)
        if body is None:
            return receive.refused(receive.BODY_TOO_LARGE)
        judged = receiver.judge(headers, body)
        if isinstance(judged, Refusal):
            return judged
        ids = {"shop": judged.shop, "webhook_id": judged.webhook_id, "topic": judged.topic}
        with span("receive", **ids), measures.commit_seconds.time():
            return _keep(committer, judged, patience=patience)

    return door


def _keep(committer: Keeper, delivery: Delivery, *, patience: float) -> Refusal | None:
    """Wait until the delivery is durable: only then may it be acknowledged."""
    kept: SimpleQueue[Exception | None] = SimpleQueue()
    if not committer.offer(delivery, kept.put):
        return receive.refused(receive.STORE_BUSY)
    try:
        failure = kept.get(timeout=patience)
    except Empty:
        return receive.refused(receive.STORE_BUSY)
    if failure is not None:
        return receive.refused(receive.STORE_FAILED)
    counters.received.labels("accepted").inc()
    return None


def _headers(environ: Mapping[str, Any]) -> dict[bytes, bytes]:
    """The platform's own headers and the length, as they came over the wire."""
    found = {
        name[5:].replace("_", "-").lower().encode("latin-1"): value.encode("latin-1")
        for name, value in environ.items()
        if name.startswith(_FAMILIES)
    }
    if length := environ.get("CONTENT_LENGTH"):
        found[b"content-length"] = length.encode("latin-1")
    return found


def _body(*, at_most: int) -> bytes | None:
    """The whole body, or None when it is over the limit; no more than a byte over it is read."""
    request.max_content_length = at_most + 1
    body = request.get_data(cache=False)
    return body if len(body) <= at_most else None


def _answer(refusal: Refusal | None) -> Response:
    if refusal is None:
        return Response(b"{}", content_type="application/json")
    body = orjson.dumps({"error": {"code": refusal.code}})
    answer = Response(body, refusal.status, content_type="application/json")
    if refusal.status == 405:
        answer.headers["Allow"] = "POST"
    if refusal.status == 503:
        answer.headers["Retry-After"] = "5"
    return answer
