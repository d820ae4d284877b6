"""HTTP requests of the platform to an app, each with a bound on the whole of it.

``requests`` bounds the pause between two bytes, so an app that sends one byte a second is never
cut off. Here every read gets what is left of the total, and connections are kept between requests
(one per thread and address).
"""

from __future__ import annotations

import io
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

_TLS = ssl.create_default_context()
_LARGEST_ANSWER = 10 * 1024 * 1024


class NoAnswer(Exception):
    """No whole HTTP answer came; ``reason`` is one of connect_timeout, connect_failed, timeout,
    connection_lost, answer_not_http, answer_too_large."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Wire:
    """Connections that are kept open until ``close``; may be used by many threads."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._lock = threading.Lock()
        self._all: list[HTTPConnection] = []

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        connect: float,
        total: float,
    ) -> Answer:
        """The answer, within ``connect`` seconds for connecting and ``total`` for everything.

        Redirects are answers like any other. Raises NoAnswer.
        """
        deadline = time.monotonic() + total
        line, kept = self._line(url, connect)
        try:
            return _exchange(line, method, url, headers, body, deadline)
        except NoAnswer as error:
            line.close()
            if not kept or error.reason != "connection_lost":
                raise
        # The app closed a kept connection just when it was used again: that is nobody's failure.
        line, _ = self._line(url, connect)
        try:
            return _exchange(line, method, url, headers, body, deadline)
        except NoAnswer:
            line.close()
            raise

    def close_own(self) -> None:
        """Close the connections of this thread, which is about to end."""
        for line in self._own.__dict__.pop("lines", {}).values():
            line.close()
            with self._lock:
                self._all.remove(line)

    def close(self) -> None:
        with self._lock:
            lines, self._all = self._all, []
        for line in lines:
            line.close()

    def _line(self, url: str, connect: float) -> tuple[HTTPConnection, bool]:
        """A connected line and whether it was used before."""
        parts = urlsplit(url)
        lines: dict[str, HTTPConnection] = self._own.__dict__.setdefault("lines", {})
        key = f"{parts.scheme}://{parts.netloc}"
        line = lines.get(key)
        if line is None:
            line = lines[key] = self._new(parts.scheme, parts.netloc)
        if line.sock is not None and _is_quiet(line.sock):
            return line, True
        line.close()
        line.timeout = connect
        _connect(line)
        return line, False

    def _new(self, scheme: str, netloc: str) -> HTTPConnection:
        line = (
            HTTPSConnection(netloc, context=_TLS) if scheme == "https" else HTTPConnection(netloc)
        )
        with self._lock:
            self._all.append(line)
        return line


def _connect(line: HTTPConnection) -> None:
    try:
        line.connect()
        line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except TimeoutError as error:
        raise NoAnswer("connect_timeout") from error
    except OSError as error:
        raise NoAnswer("connect_failed") from error


def _is_quiet(sock: socket.socket) -> bool:
    """False when the other side closed, or said something that nobody asked for."""
    try:
        readable, _, _ = select.select([sock], [], [], 0)
    except (OSError, ValueError):
        return False
    return not readable


def _exchange(
    line: HTTPConnection,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    deadline: float,
) -> Answer:
    try:
        line.sock.settimeout(_left(deadline))
        line.request(method, _target(url), body=body or None, headers=dict(headers))
        return _read(line, method, deadline)
    except TimeoutError as error:
        raise NoAnswer("timeout") from error
    except OSError as error:
        raise NoAnswer("connection_lost") from error
    except HTTPException as error:
        raise NoAnswer("answer_not_http") from error


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time for the whole request is over")
    return left


def _read(line: HTTPConnection, method: str, deadline: float) -> Answer:
    class Bounded(HTTPResponse):
        def __init__(self, sock: socket.socket, *args: object, **kwargs: object) -> None:
            super().__init__(_BoundedSocket(sock, deadline), method=method)  # type: ignore[arg-type]

    line.response_class = Bounded
    response = line.getresponse()
    body = response.read(_LARGEST_ANSWER + 1)
    if len(body) > _LARGEST_ANSWER:
        raise NoAnswer("answer_too_large")
    return Answer(response.status, tuple(response.getheaders()), body)


class _BoundedSocket:
    """As much of a socket as HTTPResponse asks for."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_BoundedReader(self._sock, self._deadline))


class _BoundedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._sock.settimeout(_left(self._deadline))
        return self._sock.recv_into(buffer)
