"""The least that a receiver in Python can do: verify, commit in groups, answer.

The limit of any on this machine, not one to use: it splits headers at the colon, knows no page,
and keeps four columns without what a worker would need to find its next delivery.

    python -m benchmarks.contenders.least PORT
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import sqlite3
import sys
import threading
from collections import deque
from typing import cast

import uvloop

_SECRET = os.environ["HANDCART_API_SECRET"].encode()
_DATABASE = os.environ["HANDCART_DATABASE_URL"].removeprefix("sqlite:///")
_ANSWER = b"HTTP/1.1 %b\r\ncontent-length: 0\r\n\r\n"
_OK, _WRONG = _ANSWER % b"200 OK", _ANSWER % b"401 Unauthorized"
_TABLE = "CREATE TABLE deliveries (id TEXT PRIMARY KEY, topic TEXT, shop TEXT, body BLOB)"
_INSERT = "INSERT INTO deliveries VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
Row = tuple[str, str, str, bytes]


class Group:
    """Whatever waits is committed together; its connections are answered afterwards."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[tuple[Row, asyncio.WriteTransport]] = deque()
        self._bell = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    def add(self, row: Row, line: asyncio.WriteTransport) -> None:
        with self._bell:
            self._waiting.append((row, line))
            self._bell.notify()

    def _run(self) -> None:
        database = sqlite3.connect(_DATABASE, isolation_level=None)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", _TABLE):
            database.execute(statement)
        while True:
            with self._bell:
                self._bell.wait_for(lambda: self._waiting)
                group, self._waiting = self._waiting, deque()
            database.execute("BEGIN IMMEDIATE")
            database.executemany(_INSERT, [row for row, _ in group])
            database.execute("COMMIT")
            self._loop.call_soon_threadsafe(_answer, [line for _, line in group])


def _answer(lines: list[asyncio.WriteTransport]) -> None:
    for line in lines:
        line.write(_OK)


class Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        lines = (line.partition(b": ") for line in head.split(b"\r\n"))
        headers = {name.lower(): value for name, _, value in lines}
        if found and len(body) == int(headers.get(b"content-length", 0)):
            self._read = b""
            self._receive(headers, body)

    def _receive(self, headers: dict[bytes, bytes], body: bytes) -> None:
        digest = base64.b64encode(hmac.digest(_SECRET, body, "sha256"))
        if not hmac.compare_digest(digest, headers.get(b"x-shopify-hmac-sha256", b"")):
            self._transport.write(_WRONG)
            return
        names = (b"webhook-id", b"topic", b"shop-domain")
        webhook_id, topic, shop = (headers[b"x-shopify-" + name].decode() for name in names)
        self._group.add((webhook_id, topic, shop, body), self._transport)


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    group = Group(loop)
    server = await loop.create_server(lambda: Line(group), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
