"""The receiver as a blueprint, for a Flask app of one's own behind any WSGI server.

It judges by the same function as the edge, keeps by the same group commit and gives the same
answers. Each request holds its thread until the commit that it shares with the others, so the
server's threads are what limits how many are in flight.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import Any

from flask import Blueprint, Response, request

from handcart.delivery import Delivery

from . import receive
from .door import PATH, PATIENCE, Door, Reply, refuse

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_FAMILIES = ("HTTP_X_SHOPIFY_", "HTTP_SHOPIFY_")


def receiving(door: Door, *, patience: float = PATIENCE) -> Blueprint:
    """``POST /webhooks``: kept before it is acknowledged, or refused with a code."""
    blueprint = Blueprint("handcart_webhooks", __name__)

    @blueprint.route(PATH, methods=_METHODS, provide_automatic_options=False)
    def webhook() -> Response:
        headers = _headers(request.environ)
        reply = door.refuse_unread(request.method, headers)
        return _response(reply or _judge_and_keep(headers))

    def _judge_and_keep(headers: Mapping[bytes, bytes]) -> Reply:
        body = _body(at_most=door.max_body)
        if body is None:
            return refuse(receive.BODY_TOO_LARGE)
        judged = door.judge(headers, body)
        return judged if isinstance(judged, Reply) else _keep(door, judged, patience=patience)

    return blueprint


def _keep(door: Door, delivery: Delivery, *, patience: float) -> Reply:
    """Wait until the delivery is durable."""
    kept: SimpleQueue[Exception | None] = SimpleQueue()
    began = time.perf_counter_ns()
    door.keep(delivery, kept.put)
    try:
        failure = kept.get(timeout=patience)
    except Empty:
        failure = TimeoutError()
    return door.answered(delivery, began, failure)


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


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, list(reply.headers))
