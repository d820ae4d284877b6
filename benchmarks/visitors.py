"""People who use the app while it is measured: staff at the counter, a shopper on two devices."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt

from .orders import SECRET, SHOP

_PAUSE = 0.02
_CUSTOMER = "7"


@contextmanager
def looking(look: Callable[[], Any]) -> Iterator[list[Any]]:
    """Look again and again, with a pause between; what each look took gathers in the list."""
    taken: list[Any] = []
    failed: list[Exception] = []
    over = threading.Event()

    def run() -> None:
        try:
            while not over.wait(_PAUSE):
                taken.append(look())
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield taken
    finally:
        over.set()
        thread.join(30)
    if failed:
        raise failed[0]


@contextmanager
def staff(port: int) -> Iterator[Callable[[], float]]:
    """A look is milliseconds for the page of the counter."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def look() -> float:
        query = urlencode({"shop": SHOP, "id_token": _id_token()})
        began = time.perf_counter()
        connection.request("GET", f"/counter?{query}")
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"the counter said {response.status}")
        return (time.perf_counter() - began) * 1000

    with contextlib.closing(connection):
        yield look


@contextmanager
def shopper(port: int) -> Iterator[Callable[[], tuple[float, float]]]:
    """A look is milliseconds for a change of the cart, and until the other device heard of it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        other = _report(connection, "other", 1)
        with _listening(other["live"]) as heard:

            def look() -> tuple[float, float]:
                began = time.perf_counter()
                answer = _report(connection, "this", int(began * 1000) % 90 + 1)
                answered = time.perf_counter()
                told = heard(answer["live"]["version"])
                return (answered - began) * 1000, (told - began) * 1000

            yield look


def _report(connection: http.client.HTTPConnection, browser: str, quantity: int) -> dict[str, Any]:
    """What the script of the theme sends; both browsers are the same customer's."""
    lines = [{"variant_id": 101, "quantity": quantity}]
    body = json.dumps({"token": f"{browser}?key=secret", "lines": lines})
    headers = {"Content-Type": "application/json"}
    connection.request("POST", f"/proxy/cart?{_signed()}", body, headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    if response.status != 200:
        raise RuntimeError(f"a cart was refused: {answer}")
    return dict(answer)


@contextmanager
def _listening(live: dict[str, Any]) -> Iterator[Callable[[int], float]]:
    """Follow a cart; the function says when this version, or a later one, was heard of."""
    parts = urlsplit(live["url"])
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("GET", f"{parts.path}?{urlencode({'ticket': live['ticket']})}")
    wire = connection.sock
    stream = connection.getresponse()
    arrived = threading.Condition()
    newest = [0.0, 0.0]

    def follow() -> None:
        while line := stream.readline():
            if line.startswith(b"data:"):
                with arrived:
                    newest[:] = [_version(line), time.perf_counter()]
                    arrived.notify()

    def heard(version: int) -> float:
        with arrived:
            if not arrived.wait_for(lambda: newest[0] >= version, 20):
                raise RuntimeError(f"nobody was told of version {version}")
            return newest[1]

    following = threading.Thread(target=follow)
    following.start()
    try:
        yield heard
    finally:
        wire.shutdown(socket.SHUT_RDWR)
        following.join(20)
        stream.close()
        connection.close()


def _version(line: bytes) -> int:
    digits = bytes(byte for byte in line if chr(byte).isdigit())
    return int(digits or b"0")


def _signed() -> str:
    """A query as the app proxy signs it."""
    params = {
        "shop": SHOP,
        "logged_in_customer_id": _CUSTOMER,
        "path_prefix": "/apps/handcart",
        "timestamp": str(int(time.time())),
    }
    text = "".join(f"{name}={value}" for name, value in sorted(params.items()))
    signature = hmac.digest(SECRET.encode(), text.encode(), hashlib.sha256).hex()
    return urlencode({**params, "signature": signature})


def _id_token() -> str:
    """An ID token as the admin gives it, good for a minute."""
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": "bench",
        "sub": "1",
        "exp": now + 60,
        "nbf": now - 1,
        "iat": now,
        "jti": secrets.token_hex(16),
        "sid": secrets.token_hex(32),
    }
    return jwt.encode(claims, SECRET, algorithm="HS256")
