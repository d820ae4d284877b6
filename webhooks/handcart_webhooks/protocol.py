"""Webhooks straight off the wire: uvicorn's HTTP protocol, without ASGI for this one path.

An ASGI request costs a task, a scope and four messages, which is more than to verify a webhook
and to keep it. So ``POST /webhooks`` is taken as it is parsed and answered with one write; all
other requests, and whatever is out of the ordinary about one to this path (``Expect``, an upgrade,
a request behind one that is not yet answered), go to the ASGI application, which gives the same
answers. Timeouts, limits and the end of the server stay uvicorn's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from handcart.crash import crash_point
from handcart.delivery import Delivery

from . import receive
from .door import PATH, Door, Reply, refuse
from .handover import Handover

_PATH = PATH.encode()
_Fields = list[tuple[bytes, bytes]]


class Wire:
    """What the connections of one server share: ``itself`` is uvicorn's ``http`` setting."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self._handover: Handover | None = None
        self._said: dict[tuple[Reply, bool], bytes] = {}
        self._fields: _Fields = []

    def itself(self) -> Callable[..., asyncio.Protocol]:
        """What makes the protocol of a new connection."""
        return partial(Webhooks, self)

    def handover(self, loop: asyncio.AbstractEventLoop) -> Handover:
        """That of the loop that serves."""
        if self._handover is None or self._handover.loop is not loop:
            self._handover = Handover(loop, self.door)
        return self._handover

    def bytes_of(self, reply: Reply, fields: _Fields, *, last: bool) -> bytes:
        """The whole answer; ``fields`` are the server's own, a new list each second."""
        if fields is not self._fields:
            self._said, self._fields = {}, fields
        if (reply, last) not in self._said:
            self._said[reply, last] = _written(reply, fields, last=last)
        return self._said[reply, last]


def _written(reply: Reply, fields: _Fields, *, last: bool) -> bytes:
    own = [(name.encode(), value.encode()) for name, value in reply.headers]
    own.append((b"content-length", b"%d" % len(reply.body)))
    if last:
        own.append((b"connection", b"close"))
    lines = [b"%s: %s\r\n" % field for field in (*fields, *own)]
    return b"".join((STATUS_LINE[reply.status], *lines, b"\r\n", reply.body))


class _Exchange:
    """One webhook from its headers to its answer, in the place of one of uvicorn's cycles."""

    def __init__(self, headers: dict[bytes, bytes], *, keep_alive: bool) -> None:
        self.headers = headers
        self.keep_alive = keep_alive
        self.chunks: list[bytes] = []
        self.size = 0
        self.response_complete = False
        # uvicorn sets these two when the connection is lost.
        self.disconnected = False
        self.message_event = _NOBODY_WAITS


class _NobodyWaits:
    def set(self) -> None:
        """A cycle's event would be set here."""


_NOBODY_WAITS = _NobodyWaits()


class Webhooks(HttpToolsProtocol):
    """One connection."""

    # With more than thirty names in it, what each connection has would take 1.5 KB more.
    __slots__ = ("_door", "_handover", "_reading", "_wire")
    cycle: Any

    def __init__(self, wire: Wire, /, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wire = wire
        self._door = wire.door
        self._handover = wire.handover(self.loop)
        self._reading: _Exchange | None = None

    def on_headers_complete(self) -> None:
        if not self._is_plain():
            self._reading = None
            super().on_headers_complete()
            return
        headers = dict(self.headers)
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        self.cycle = self._reading = _Exchange(headers, keep_alive=keep_alive)
        if reply := self._door.refuse_unread("POST", headers):
            self._respond(self._reading, reply)

    def _is_plain(self) -> bool:
        """A webhook that nothing stands before on this connection."""
        return (
            self.url == _PATH
            and self.parser.get_method() == b"POST"
            and (self.cycle is None or self.cycle.response_complete)
            and not self.expect_100_continue
            and not self.parser.should_upgrade()
        )

    def on_body(self, body: bytes) -> None:
        exchange = self._reading
        if exchange is None:
            super().on_body(body)
        elif not exchange.response_complete:
            exchange.chunks.append(body)
            exchange.size += len(body)
            if exchange.size > self._door.max_body:
                exchange.chunks.clear()
                self._respond(exchange, refuse(receive.BODY_TOO_LARGE))

    def on_message_complete(self) -> None:
        exchange = self._reading
        if exchange is None:
            super().on_message_complete()
        elif not exchange.response_complete:
            # What may follow is read when this has been answered.
            self.flow.pause_reading()
            self._keep(exchange)

    def _keep(self, exchange: _Exchange) -> None:
        judged = self._door.judge(exchange.headers, b"".join(exchange.chunks))
        if isinstance(judged, Reply):
            self._respond(exchange, judged)
            return
        kept = partial(self._kept, exchange, judged, time.perf_counter_ns())
        self._handover.keep(judged, kept)

    def _kept(
        self, exchange: _Exchange, delivery: Delivery, began: int, failure: Exception | None
    ) -> None:
        self._respond(exchange, self._door.answered(delivery, began, failure))

    def _respond(self, exchange: _Exchange, reply: Reply) -> None:
        exchange.response_complete = True
        if not exchange.disconnected and not self.transport.is_closing():
            fields, last = self.server_state.default_headers, not exchange.keep_alive
            self.transport.write(self._wire.bytes_of(reply, fields, last=last))
            crash_point("answered")
            if last:
                self.transport.close()
        self.on_response_complete()
