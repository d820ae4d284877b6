"""The receiver as a blueprint, for a Flask app of one's own behind any WSGI server.

It judges by the same function as the edge, keeps by the same group commit and gives the same
answers. Each request holds its thread until the commit that it shares with the others, so the
server's threads are what limits how many are in flight.

A webhook is nothing that Flask's routing, sessions or hooks have a part in, and they cost more
than to keep it: where the blueprint is registered, the app's ``wsgi_app`` hands webhooks over
before they begin.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from queue import Empty, SimpleQueue
from typing import Any, cast

from flask import Blueprint, Flask
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from handcart.delivery import Delivery

from . import receive
from .door import PATH, PATIENCE, Door, Reply, refuse

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]
_FAMILIES = ("HTTP_X_SHOPIFY_", "HTTP_SHOPIFY_")


def receiving(door: Door, *, patience: float = PATIENCE) -> Blueprint:
    """``POST /webhooks``: kept before it is acknowledged, or refused with a code."""
    blueprint = Blueprint("handcart_webhooks", __name__)

    @blueprint.record
    def stand_before(state: BlueprintSetupState) -> None:
        path = f"{(state.url_prefix or '').rstrip('/')}{PATH}"
        app = cast(Flask, state.app)
        inner: Wsgi = app.wsgi_app
        webhooks = Webhooks(door, patience=patience)

        def wsgi(environ: Environ, start_response: Any) -> Iterable[bytes]:
            ours = environ.get("PATH_INFO") == path
            return (webhooks if ours else inner)(environ, start_response)

        app.wsgi_app = wsgi  # type: ignore[method-assign]

    return blueprint


class Webhooks:
    """The door as a WSGI application."""

    def __init__(self, door: Door, *, patience: float = PATIENCE) -> None:
        self._door = door
        self._patience = patience

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        headers = _headers(environ)
        reply = self._door.refuse_unread(environ["REQUEST_METHOD"], headers)
        reply = reply or self._judge_and_keep(environ, headers)
        status = f"{reply.status} {HTTPStatus(reply.status).phrase}"
        start_response(status, [*reply.headers, ("content-length", str(len(reply.body)))])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else reply.body]

    def _judge_and_keep(self, environ: Environ, headers: Mapping[bytes, bytes]) -> Reply:
        body = _body(environ, at_most=self._door.max_body)
        if body is None:
            return refuse(receive.BODY_TOO_LARGE)
        judged = self._door.judge(headers, body)
        return judged if isinstance(judged, Reply) else self._keep(judged)

    def _keep(self, delivery: Delivery) -> Reply:
        """Wait until the delivery is durable."""
        kept: SimpleQueue[Exception | None] = SimpleQueue()
        began = time.perf_counter_ns()
        self._door.keep([(delivery, kept.put)])
        try:
            failure = kept.get(timeout=self._patience)
        except Empty:
            failure = TimeoutError()
        return self._door.answered(delivery, began, failure)


def _headers(environ: Environ) -> dict[bytes, bytes]:
    """The platform's own headers and the length, as they came over the wire."""
    found = {
        name[5:].replace("_", "-").lower().encode("latin-1"): value.encode("latin-1")
        for name, value in environ.items()
        if name.startswith(_FAMILIES)
    }
    if length := environ.get("CONTENT_LENGTH"):
        found[b"content-length"] = length.encode("latin-1")
    return found


def _body(environ: Environ, *, at_most: int) -> bytes | None:
    """The whole body, or None when it is over the limit; no more than a byte over it is read."""
    try:
        body = get_input_stream(environ, max_content_length=at_most + 1).read()
    except RequestEntityTooLarge:
        return None
    return body if len(body) <= at_most else None
