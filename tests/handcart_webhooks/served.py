"""The edge over real HTTP, and a socket to say to it what no client library would."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask

from handcart import Handcart
from handcart.crew import Crew
from handcart.serving import Served
from handcart_webhooks import Engine


@contextmanager
def serving(app: Handcart, pages: Flask | None = None) -> Iterator[Served]:
    """The receiver alone: nothing that it keeps is given its effect."""
    app.__dict__["crew"] = Crew([])
    served = Served(Engine(app).asgi(pages or Flask("pages")), host="127.0.0.1", port=0)
    served.start()
    yield served
    served.stop()


@dataclass(frozen=True)
class Answer:
    status: int
    fields: dict[str, str]
    body: bytes


class Line:
    """One connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._reads = self.socket.makefile("rb")

    def say(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.socket.sendall(piece)

    def hear(self) -> Answer:
        status = int(self._reads.readline().split()[1])
        fields: dict[str, str] = {}
        while line := self._reads.readline().strip():
            name, _, value = line.decode().partition(":")
            fields[name.lower()] = value.strip()
        return Answer(status, fields, self._reads.read(int(fields.get("content-length", 0))))

    def is_closed(self) -> bool:
        """Nothing more comes, and the other side has closed."""
        return self._reads.read() == b""

    def close(self) -> None:
        self._reads.close()
        self.socket.close()


def request(
    body: bytes, fields: dict[str, str], *, line: bytes = b"POST /webhooks HTTP/1.1"
) -> bytes:
    """A request as it goes over the wire; its length is added where the fields do not say it."""
    said = {"Host": "app.test", "Content-Length": str(len(body)), **fields}
    lines = [f"{name}: {value}".encode("latin-1") for name, value in said.items() if value]
    return b"\r\n".join([line, *lines, b"", body])
