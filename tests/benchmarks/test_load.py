"""The load sends what it says, and what it says of the answers is true."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks.load import Plan, drive
from benchmarks.orders import SECRET, SHOP, TOPICS, write_orders
from handcart.platform.shopify.verify import verify_webhook

Asked = tuple[str, bytes, bytes]


@pytest.fixture
def server() -> Iterator[tuple[int, list[Asked]]]:
    """Answers 200, and 503 to every fifth; remembers the id, signature and body of each."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signature = self.headers["X-Shopify-Hmac-Sha256"].encode()
            asked.append((self.headers["X-Shopify-Webhook-Id"], signature, body))
            self.send_response(503 if len(asked) % 5 == 0 else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
    thread.start()
    yield listening.server_port, asked
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_every_request_is_signed_and_has_an_id_of_its_own(
    server: tuple[int, list[Asked]], tmp_path: Path
) -> None:
    port, asked = server
    size = write_orders(tmp_path / "orders", count=3, topics=TOPICS, shop=SHOP)
    assert 8000 < size < 9000
    heard = drive(Plan(port, "/", str(tmp_path / "orders"), "run", 4, requests=20))
    assert heard.answers == {"200": 16, "503": 4}
    assert (heard.acknowledged, heard.refused) == (16, 4)
    assert len({webhook_id for webhook_id, _, _ in asked}) == 20
    assert all(webhook_id.startswith("run-") for webhook_id, _, _ in asked)
    for _, signature, body in asked:
        assert verify_webhook(signature=signature, body=body, secrets=[SECRET]).ok


def test_a_rate_is_kept_to_however_fast_the_answers_come(
    server: tuple[int, list[Asked]], tmp_path: Path
) -> None:
    port, asked = server
    write_orders(tmp_path / "orders", count=3)
    heard = drive(Plan(port, "/", str(tmp_path / "orders"), "run", 8, seconds=1, rate=50))
    assert 25 <= len(asked) <= 50
    assert sum(heard.answers.values()) == len(asked)
    assert 0 < heard.p50 <= heard.p99 <= heard.longest
