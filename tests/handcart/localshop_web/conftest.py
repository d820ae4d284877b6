"""A local shop with an app that only listens: real HTTP in both directions, a clock that stands."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from handcart.localshop import tokens
from handcart.localshop.clock import Clock
from handcart.localshop.config import AppConfig
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from handcart.localshop.world import World
from tests.handcart.localshop_web.listening import BEGIN, Browser, Got, Receiver, plenty, taken

TOML = Path(__file__).parents[3] / "example_app" / "shopify.app.toml"


@pytest.fixture(scope="session")
def listening() -> Iterator[Receiver]:
    open_lines: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            open_lines.append(self.connection)

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, ValueError):
                self.close_connection = True

        def reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            got = Got(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
            app.got.append(got)
            status, headers, body = app.answer(got)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = reply

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    app = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield app
    server.shutdown()
    thread.join()
    server.server_close()
    for line in open_lines:
        line.close()


@pytest.fixture(scope="session")
def running(listening: Receiver) -> Iterator[LocalShop]:
    config = AppConfig.from_toml(TOML, app_url=listening.url)
    with LocalShop(fresh(), config) as shop:
        yield shop


@pytest.fixture
def config(running: LocalShop) -> AppConfig:
    return running.app


@pytest.fixture
def receiver(listening: Receiver) -> Iterator[Receiver]:
    yield listening
    listening.answer = taken
    listening.got.clear()


@pytest.fixture
def shop(running: LocalShop, receiver: Receiver) -> Iterator[LocalShop]:
    """A shop at BEGIN whose clock stands still; the app is installed, nothing was sent yet."""
    running.reset(fresh())
    tokens.install(running.world, running.app)
    yield running
    receiver.answer = taken
    running.deliveries._app = running.app
    assert running.deliveries.flush(10)


def fresh() -> World:
    return seed(1, BEGIN, clock=Clock.stopped(BEGIN))


@pytest.fixture
def browser(shop: LocalShop) -> Iterator[Browser]:
    with Browser(shop) as session:
        yield session


@pytest.fixture
def stocked(shop: LocalShop) -> list[int]:
    """Variants that every location has at least four of, by id."""
    return plenty(shop)
