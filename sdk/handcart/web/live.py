"""Live carts: ``GET /live?ticket=…`` tells a page, while it is looked at, that its cart changed.

A bare ASGI application beside the pages: the app proxy answers with whole bodies within ten
seconds, so browsers come to the app's own address with a ticket from their last report. They are
told version numbers only (server-sent events, html.spec.whatwg.org); what is in the cart they ask
for through the proxy, which knows who they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from ..carts.listening import Channel, open_ticket, version_of
from .hub import Hub, Listener

if TYPE_CHECKING:
    from ..app import Handcart

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATH = "/live"
MOST = 20_000
MOST_ON_ONE_CART = 32
_OPEN = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"access-control-allow-origin", b"*"),
    (b"x-accel-buffering", b"no"),
]


class Live:
    """One for each process; ``open()`` and ``close()`` belong to the application's life."""

    def __init__(self, app: Handcart, *, most: int = MOST) -> None:
        self._app = app
        self._most = most
        self.hub = Hub()
        self._unsubscribe: Callable[[], None] | None = None

    async def open(self) -> None:
        self.hub.open()
        self._unsubscribe = await asyncio.to_thread(self._app.db.news.subscribe, self.hub.heard)

    def close(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
        self.hub.close()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """200 and a stream; 401 for a ticket that is none, 405, or 503 with too many listeners."""
        channel = self._channel(scope["query_string"])
        if scope["method"] != "GET":
            await _refuse(send, 405, b'{"error": {"code": "method_not_allowed"}}')
        elif channel is None:
            await _refuse(send, 401, b'{"error": {"code": "ticket_not_valid"}}')
        elif self.hub.count >= self._most:
            await _refuse(send, 503, b'{"error": {"code": "too_many_listeners"}}')
        else:
            await self._stream(channel, receive, send)

    def _channel(self, query: bytes) -> Channel | None:
        found = parse_qs(query.decode("ascii", "replace")).get("ticket", [""])
        return open_ticket(self._app.keyring, found[0])

    async def _stream(self, channel: Channel, receive: Receive, send: Send) -> None:
        """Listen first, then read where the cart stands: nothing is missed in between."""
        listener = Listener(send, asyncio.current_task())
        self.hub.join(channel, listener, most=MOST_ON_ONE_CART)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _OPEN})
            await listener.say(b"retry: 3000\n\n")
            now = await asyncio.to_thread(self._version, channel)
            await listener.say(listener.offer(now))
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            # Let go of, or the server stops; the browser asks again when its stream ends.
            pass
        finally:
            self.hub.leave(channel, listener)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _version(self, channel: Channel) -> int:
        with self._app.db.reading() as view:
            return version_of(view, channel)


async def _refuse(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"access-control-allow-origin", b"*"),
    ]
    if status == 503:
        headers.append((b"retry-after", b"30"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
