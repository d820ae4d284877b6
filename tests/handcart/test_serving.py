from __future__ import annotations

import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask, Response, send_file

from handcart.serving import Served, as_asgi
from handcart.testing.street import free_port, until

KEPT = """
import gc, sys
from flask import Flask
from handcart.serving import as_asgi, run
app = Flask("kept")
app.get("/")(lambda: str(gc.get_freeze_count()))
run(as_asgi(app, threads=1), host="127.0.0.1", port=int(sys.argv[1]))
"""
LARGE = 8 * 1024 * 1024
RESET = struct.pack("ii", 1, 0)


class Watched:
    """A file that is served and says when it was closed."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(LARGE))
        self.closed = threading.Event()
        self.app = Flask("files")

        @self.app.get("/large")
        def large() -> Response:
            answer = send_file(path)
            stream: Any = answer.response
            close = stream.close
            stream.close = lambda: (close(), self.closed.set())
            return answer


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "large.bin")


@pytest.fixture
def served(watched: Watched) -> Iterator[Served]:
    served = Served(as_asgi(watched.app, threads=2), host="127.0.0.1", port=0)
    served.start()
    yield served
    served.stop()


@pytest.fixture
def client(served: Served) -> Iterator[socket.socket]:
    """Somebody who has asked for the file and does not read on."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", served.port))
        client.sendall(b"GET /large HTTP/1.1\r\nHost: files.test\r\n\r\n")
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        yield client


def test_a_file_is_closed_when_whoever_asked_for_it_goes_away(
    watched: Watched, client: socket.socket
) -> None:
    assert not watched.closed.is_set()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.close()
    assert watched.closed.wait(20)


def test_a_file_is_closed_when_the_client_closes_in_good_order(
    watched: Watched, client: socket.socket
) -> None:
    client.close()
    assert watched.closed.wait(20)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.server
def test_what_a_server_has_set_up_is_not_looked_through_again() -> None:
    port = free_port()
    with subprocess.Popen([sys.executable, "-c", KEPT, str(port)]) as server:
        try:
            until(lambda: listens(port), "it does not listen")
            kept = requests.get(f"http://127.0.0.1:{port}/", timeout=20).text
        finally:
            server.terminate()
    assert int(kept) > 10_000
