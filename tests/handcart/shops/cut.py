"""The token endpoint of a local shop, behind a network that is cut at a chosen step."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from handcart.localshop.tokens import token_endpoint
from handcart.localshop.world import World

# Before the request is read, before it has its effect, after it (no answer, half of one, an
# answer of something in between), or not at all.
STEPS = ("at_once", "before", "after", "half", "gateway", "busy", "none")


class Network:
    """``cuts`` are the steps at which the next requests are cut, one each; then none is."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.cuts: list[str] = []
        self.statuses: list[int] = []
        self._lock = threading.Lock()

    def next_cut(self) -> str:
        with self._lock:
            return self.cuts.pop(0) if self.cuts else "none"

    def answer(self, body: dict[str, Any]) -> tuple[int, bytes]:
        status, answer = token_endpoint(self.world, body)
        with self._lock:
            self.statuses.append(status)
        return status, json.dumps(answer).encode()


@contextmanager
def serving(network: Network) -> Iterator[str]:
    """The address of the network's other end."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            cut = network.next_cut()
            self.close_connection = True
            if cut == "at_once":
                return
            length = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(length))
            if cut == "before":
                return
            if cut == "busy":
                self._send(429, b"{}", length=2)
                return
            status, answer = network.answer(body)
            if cut == "gateway":
                self._send(502, b"<html>", length=6)
            elif cut == "half":
                self._send(status, answer[: len(answer) // 2], length=len(answer))
            elif cut == "none":
                self._send(status, answer, length=len(answer))

        def _send(self, status: int, body: bytes, *, length: int) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
