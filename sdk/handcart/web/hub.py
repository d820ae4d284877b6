"""Who listens to which cart in this process, on one event loop; who is idle costs next to nothing.

A listener is one task that waits for its browser to go away. What is new is sent by whoever brings
the news, so that no second task waits for that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from ..carts.listening import Channel, read_news
from ..storage.news import ANYTHING

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BEAT = 20.0
# How often somebody looks whose turn it is, and how many have theirs then at the most.
_GLANCE = 0.25
_AT_ONCE = 500
_HEARTBEAT = b":\n\n"


class Listener:
    """One browser. While something is on its way to it, only the newest of the rest is kept."""

    __slots__ = ("_busy", "_next", "_send", "_task", "gone", "version")

    def __init__(self, send: Send, task: asyncio.Task[Any] | None) -> None:
        self._send = send
        self._task = task
        self._busy = False
        self._next = b""
        self.gone = False
        self.version = -1

    def let_go(self) -> None:
        """The task that waits for the browser ends, and with it the stream."""
        if self._task is not None:
            self._task.cancel()

    def offer(self, version: int) -> bytes:
        """What to say about ``version``: nothing when that is known already."""
        if version <= self.version:
            return b""
        self.version = version
        return b"data: %d\n\n" % version

    async def say(self, chunk: bytes) -> None:
        """Send it, or let it wait; a sign of life never takes the place of news that wait."""
        if self._busy:
            if chunk and not (self._next and chunk == _HEARTBEAT):
                self._next = chunk
            return
        self._busy = True
        try:
            while chunk:
                await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
                chunk, self._next = self._next, b""
        finally:
            self._busy = False


class Hub:
    """``heard`` may be called from any thread; everything else from the loop it was opened on."""

    def __init__(self) -> None:
        self._listeners: dict[Channel, list[Listener]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beating: asyncio.Task[None] | None = None
        self._saying: set[asyncio.Task[None]] = set()
        # When each is to have a sign of life, the soonest first; who is gone leaves it then.
        self._due: deque[tuple[float, Listener]] = deque()
        self.count = 0

    def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._beating = self._loop.create_task(self._beat())

    def close(self) -> None:
        """Every listener is let go of, and told so by the end of its stream."""
        if self._beating is not None:
            self._beating.cancel()
        for listener in self._everybody():
            listener.let_go()

    def close_soon(self) -> None:
        """The same, from another thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.close)

    def join(self, channel: Channel, listener: Listener, *, most: int) -> None:
        """Listen to one cart; of too many the one that came first is let go of."""
        there = self._listeners.setdefault(channel, [])
        if len(there) >= most:
            there[0].let_go()
        there.append(listener)
        self._due.append((asyncio.get_running_loop().time() + BEAT, listener))
        self.count += 1

    def leave(self, channel: Channel, listener: Listener) -> None:
        there = self._listeners.get(channel, [])
        if listener in there:
            there.remove(listener)
            listener.gone = True
            self.count -= 1
        if not there:
            self._listeners.pop(channel, None)

    def heard(self, news: Sequence[str]) -> None:
        """Called with what was committed, from the thread that committed it."""
        if self._loop is not None and not self._loop.is_closed() and self._listeners:
            self._loop.call_soon_threadsafe(self._tell, tuple(news))

    def _everybody(self) -> list[Listener]:
        return [one for there in self._listeners.values() for one in there]

    def _tell(self, news: Sequence[str]) -> None:
        if ANYTHING in news:
            for listener in self._everybody():
                self._say(listener, b"data: again\n\n")
        for channel, version in filter(None, map(read_news, news)):
            for listener in self._listeners.get(channel, ()):
                self._say(listener, listener.offer(version))

    def _say(self, listener: Listener, chunk: bytes) -> None:
        if chunk and self._loop is not None:
            task = self._loop.create_task(listener.say(chunk))
            self._saying.add(task)
            task.add_done_callback(self._said)

    def _said(self, task: asyncio.Task[None]) -> None:
        self._saying.discard(task)
        if not task.cancelled():
            # A browser that went away while it was told something is nobody's trouble.
            task.exception()

    async def _beat(self) -> None:
        """After twenty seconds a sign of life, so that nobody in between closes the connection.

        Each has it at a time of its own: ten thousand at once would hold up everybody's news.
        """
        while True:
            await asyncio.sleep(_GLANCE)
            now = asyncio.get_running_loop().time()
            for _ in range(_AT_ONCE):
                if not self._due or self._due[0][0] > now:
                    break
                _, listener = self._due.popleft()
                if not listener.gone:
                    self._say(listener, _HEARTBEAT)
                    self._due.append((now + BEAT, listener))
