"""One connection to whichever broker of the list answers, and a bell to be woken by.

A link belongs to one thread. No call of it blocks for longer than about a second, so that a
broker that hangs is noticed as surely as one that is gone.
"""

from __future__ import annotations

import selectors
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

from amqp.exceptions import AMQPError
from kombu import Connection
from kombu.exceptions import KombuError

HEARTBEAT = 4.0
_PATIENCE = 1.0  # seconds to connect, to write, or to hear an answer

# What a broker that is away, or going away, makes of a call.
LINK_ERRORS: tuple[type[Exception], ...] = (OSError, AMQPError, KombuError)


# Unlike select(2) it takes file numbers over 1023.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


class Bell:
    """Any thread rings; the one that waits on ``fileno()`` wakes, now or when it next waits."""

    def __init__(self) -> None:
        self._heard, self._rung = socket.socketpair()
        self._heard.setblocking(False)
        self._rung.setblocking(False)

    def fileno(self) -> int:
        return self._heard.fileno()

    def ring(self) -> None:
        with suppress(OSError):  # it has been rung often enough, or nobody listens any more
            self._rung.send(b"!")

    def quiet(self) -> None:
        with suppress(BlockingIOError):
            while self._heard.recv(4096):
                continue

    def wait(self, seconds: float) -> None:
        """Until it rings, or so long."""
        _wait([self], seconds)
        self.quiet()

    def close(self) -> None:
        self._heard.close()
        self._rung.close()


class Link:
    """Open between ``connect()`` and ``close()``; after an error it may be opened anew.

    ``confirm_each`` lets every publishing wait until the broker has confirmed it.
    """

    def __init__(
        self,
        address: str,
        *,
        blocked: Callable[[str], Any] | None = None,
        unblocked: Callable[[], Any] | None = None,
        confirm_each: bool = False,
    ) -> None:
        self._secure = address.startswith("amqps:")
        self._connection = Connection(
            address,
            connect_timeout=_PATIENCE,
            heartbeat=HEARTBEAT,
            transport_options={
                "read_timeout": 2 * _PATIENCE,
                "write_timeout": _PATIENCE,
                "on_blocked": blocked,
                "on_unblocked": unblocked,
                "confirm_publish": confirm_each,
            },
        )

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def connect(self) -> None:
        """To the first broker that answers, each of the list asked once; raises if none does."""
        for others in reversed(range(len(self._connection.alt) or 1)):
            try:
                self._connect()
                return
            except LINK_ERRORS:
                self.drop()
                if not others:
                    raise

    def _connect(self) -> None:
        if self._secure:
            host = self._connection.hostname
            self._connection.ssl = {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": host}
        self._connection.ensure_connection(max_retries=0)

    def drop(self) -> None:
        """Let go without a word, and turn to the next broker of the list."""
        self._connection.collect()
        self._connection.maybe_switch_next()

    def close(self) -> None:
        try:
            self._connection.close()
        except LINK_ERRORS:
            self._connection.collect()

    def channel(self) -> Any:
        return self._connection.channel()

    def wait(self, bell: Bell, seconds: float) -> None:
        """Until the broker says something, the bell rings, or so long."""
        if not self._buffered():
            _wait([self._socket(), bell], seconds)
        bell.quiet()

    def drain(self, *, most: int | None = None) -> None:
        """Take in what the broker has said: all of it, or so many methods."""
        taken = 0
        while (most is None or taken < most) and self._readable():
            try:
                self._connection.drain_events(timeout=_PATIENCE)
            except TimeoutError:
                return  # the rest of a frame is still under way
            taken += 1

    def beat(self) -> None:
        """To be called about once a second; raises when the broker has been silent for long."""
        self._connection.heartbeat_check()

    def _readable(self) -> bool:
        return self._buffered() or _wait([self._socket()], 0)

    def _buffered(self) -> bool:
        sock = self._socket()
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def _socket(self) -> socket.socket:
        """The open socket; OSError when the broker has closed it."""
        if not self._connection.connected:
            raise ConnectionResetError("the broker has closed the connection")
        sock: socket.socket = self._connection.connection.sock
        return sock


def _wait(for_any_of: Sequence[socket.socket | Bell], seconds: float) -> bool:
    """Whether one of them became readable in that time."""
    with _Selector() as selector:
        for each in for_any_of:
            selector.register(each, selectors.EVENT_READ)
        return bool(selector.select(seconds))
