"""The edge: webhooks in as bare ASGI, the pages behind it. The only async code there is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

import orjson

from handcart.crash import crash_point
from handcart.delivery import Delivery
from handcart.serving import as_asgi
from handcart.telemetry import span
from handcart.web import live

from . import counters, measures, receive
from .answers import Answers
from .committer import Keeper
from .receive import Receiver, Refusal

if TYPE_CHECKING:
    from handcart.app import Handcart

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATH = "/webhooks"

_JSON = ((b"content-type", b"application/json"),)
_KEPT = {
    "type": "http.response.start",
    "status": 200,
    "headers": [*_JSON, (b"content-length", b"2")],
}
_KEPT_BODY = {"type": "http.response.body", "body": b"{}"}
_MORE = {405: [(b"allow", b"POST")], 503: [(b"retry-after", b"5")]}
_ACCEPTED = counters.received.labels("accepted")


class Edge:
    """One ASGI application: ``POST /webhooks`` and live carts here, the rest to WSGI ``pages``."""

    def __init__(
        self,
        receiver: Receiver,
        *,
        committer: Keeper,
        app: Handcart,
        pages: Callable[..., Any],
    ) -> None:
        self._receiver = receiver
        self._committer = committer
        self._app = app
        self._pages = as_asgi(pages, threads=16)
        self._listeners = live.Live(app)
        self._answers: Answers | None = None

    async def __call__(self, scope: Message, receive_: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive_, send)
        elif scope["type"] == "http" and scope["path"] == PATH:
            await self._webhook(scope, receive_, send)
        elif scope["type"] == "http" and scope["path"] == live.PATH:
            await self._listeners(scope, receive_, send)
        elif scope["type"] == "http" and not scope["query_string"].isascii():
            # No browser and no platform sends such bytes, and WSGI has no place for them.
            await _answer(receive.refused(receive.ADDRESS_NOT_ASCII), send)
        elif scope["type"] == "http":
            await self._pages(scope, receive_, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _live(self, receive_: Receive, send: Send) -> None:
        while True:
            message = await receive_()
            if message["type"] == "lifespan.startup":
                await asyncio.to_thread(self._app.start)
                await self._listeners.open()
                await send({"type": "lifespan.startup.complete"})
            else:
                self._listeners.close()
                await asyncio.to_thread(self.close)
                await send({"type": "lifespan.shutdown.complete"})
                return

    def let_go(self) -> None:
        """The server is going to stop: end the streams that would keep it; from any thread."""
        self._listeners.hub.close_soon()

    def close(self) -> None:
        """Keep what has been read, finish what is in hand, take nothing more."""
        self._committer.close()
        self._app.stop()

    async def _webhook(self, scope: Message, receive_: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        refusal = self._receiver.refuse_unread(scope["method"], headers)
        if refusal is None:
            refusal = await self._keep(headers, receive_)
        await _answer(refusal, send)
        crash_point("answered")

    async def _keep(self, headers: dict[bytes, bytes], receive_: Receive) -> Refusal | None:
        body = await self._body(receive_)
        if body is None:
            return receive.refused(receive.BODY_TOO_LARGE)
        crash_point("read")
        judged = self._receiver.judge(headers, body)
        if isinstance(judged, Refusal):
            return judged
        crash_point("verified")
        began = time.perf_counter()
        with span("receive", shop=judged.shop, webhook_id=judged.webhook_id, topic=judged.topic):
            refusal = await self._commit(judged)
        measures.commit_seconds.observe(time.perf_counter() - began)
        return refusal

    async def _commit(self, delivery: Delivery) -> Refusal | None:
        """Wait until the delivery is durable: only then may it be acknowledged."""
        kept, answer = self._answers_here().expect()
        if not self._committer.offer(delivery, answer):
            return receive.refused(receive.STORE_BUSY)
        crash_point("queued")
        failure = await kept
        if isinstance(failure, TimeoutError):
            return receive.refused(receive.STORE_BUSY)
        if failure is not None:
            return receive.refused(receive.STORE_FAILED)
        _ACCEPTED.inc()
        return None

    def _answers_here(self) -> Answers:
        """Those of the loop that runs this; there is one for as long as the app is served."""
        loop = asyncio.get_running_loop()
        if self._answers is None or self._answers.loop is not loop:
            self._answers = Answers(loop)
        return self._answers

    async def _body(self, receive_: Receive) -> bytes | None:
        """The whole body, or None as soon as it is over the limit."""
        message = await receive_()
        if not message.get("more_body"):
            body: bytes = message.get("body", b"")
            return body if len(body) <= self._receiver.max_body else None
        chunks, size = [], 0
        while True:
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._receiver.max_body:
                return None
            if not message.get("more_body"):
                return b"".join(chunks)
            message = await receive_()


async def _answer(refusal: Refusal | None, send: Send) -> None:
    if refusal is None:
        await send(_KEPT)
        await send(_KEPT_BODY)
        return
    body = orjson.dumps({"error": {"code": refusal.code}})
    headers = [*_JSON, (b"content-length", str(len(body)).encode()), *_MORE.get(refusal.status, ())]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
