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
from tests.handcart.localshop_web.listening import BEGIN, Browser, Got, Receiver, plenty

TOML = Path(__file__).parents[3] / "example_app" / "shopify.app.toml"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
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
            listening.got.append(got)
            status, headers, body = listening.answer(got)
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
    listening = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield listening
    server.shutdown()
    thread.join()
    server.server_close()
    for line in open_lines:
        line.close()


@pytest.fixture
def config(receiver: Receiver) -> AppConfig:
    return AppConfig.from_toml(TOML, app_url=receiver.url)


@pytest.fixture
def shop(config: AppConfig) -> Iterator[LocalShop]:
    """A shop at BEGIN whose clock stands still; the app is installed."""
    with LocalShop(seed(1, BEGIN, clock=Clock.stopped(BEGIN)), config) as running:
        tokens.install(running.world, config)
        yield running


@pytest.fixture
def browser(shop: LocalShop) -> Iterator[Browser]:
    with Browser(shop) as session:
        yield session


@pytest.fixture
def stocked(shop: LocalShop) -> list[int]:
    """Variants that every location has at least four of, by id."""
    return plenty(shop)
