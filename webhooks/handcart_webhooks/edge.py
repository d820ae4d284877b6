"""The edge: webhooks in, live carts out, the pages behind them, as one ASGI application."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from handcart.crash import crash_point
from handcart.delivery import Delivery
from handcart.serving import as_asgi
from handcart.web import live

from . import receive
from .committer import Keeper
from .door import PATH, Door, Reply, refuse
from .protocol import Wire

if TYPE_CHECKING:
    from handcart.app import Handcart

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Edge:
    """``POST /webhooks`` and live carts here, the rest to WSGI ``pages``.

    Any ASGI server will do. ``handcart serve`` asks for ``protocol`` besides, which takes
    webhooks before ASGI begins.
    """

    def __init__(
        self,
        door: Door,
        *,
        committer: Keeper,
        app: Handcart,
        pages: Callable[..., Any],
    ) -> None:
        self._door = door
        self._committer = committer
        self._app = app
        self._pages = as_asgi(pages, threads=16)
        self._listeners = live.Live(app)
        self._wire = Wire(door)
        self.protocol = self._wire.itself()

    async def __call__(self, scope: Message, receive_: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive_, send)
        elif scope["type"] == "http" and scope["path"] == PATH:
            await self._webhook(scope, receive_, send)
        elif scope["type"] == "http" and scope["path"] == live.PATH:
            await self._listeners(scope, receive_, send)
        elif scope["type"] == "http" and not scope["query_string"].isascii():
            # No browser and no platform sends such bytes, and WSGI has no place for them.
            await _answer(refuse(receive.ADDRESS_NOT_ASCII), send)
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
        reply = self._door.refuse_unread(scope["method"], headers)
        await _answer(reply or await self._judge_and_keep(headers, receive_), send)
        crash_point("answered")

    async def _judge_and_keep(self, headers: dict[bytes, bytes], receive_: Receive) -> Reply:
        body = await self._body(receive_)
        if body is None:
            return refuse(receive.BODY_TOO_LARGE)
        judged = self._door.judge(headers, body)
        return judged if isinstance(judged, Reply) else await self._keep(judged)

    async def _keep(self, delivery: Delivery) -> Reply:
        """Wait until the delivery is durable."""
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[Exception | None] = loop.create_future()
        began = time.perf_counter_ns()
        self._wire.handover(loop).keep(delivery, lambda failure: _settle(kept, failure))
        return self._door.answered(delivery, began, await kept)

    async def _body(self, receive_: Receive) -> bytes | None:
        """The whole body, or None as soon as it is over the limit."""
        message = await receive_()
        if not message.get("more_body"):
            body: bytes = message.get("body", b"")
            return body if len(body) <= self._door.max_body else None
        chunks, size = [], 0
        while True:
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._door.max_body:
                return None
            if not message.get("more_body"):
                return b"".join(chunks)
            message = await receive_()


def _settle(kept: asyncio.Future[Exception | None], failure: Exception | None) -> None:
    if not kept.done():
        kept.set_result(failure)


async def _answer(reply: Reply, send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in reply.headers]
    headers.append((b"content-length", b"%d" % len(reply.body)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
