"""What a stranger can put on the wire, byte for byte, against the whole app."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from example_app import create_handcart
from handcart.testing import Street, open_street

from .conftest import TOML

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with open_street(create_handcart, toml=TOML, folder=tmp_path_factory.mktemp("s")) as street:
        yield street


def status_of(url: str, request: bytes) -> int:
    """The status that the app answers to ``request``; 0 when it only closes the connection."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as wire:
        wire.sendall(request)
        wire.settimeout(10)
        line = wire.makefile("rb").readline()
    return int(line.split()[1]) if line else 0


PATHS = [
    b"/",
    b"/counter",
    b"/counter/1/queue",
    b"/counter/pickups/1/preparation",
    b"/counter/pickups/1/collection",
    b"/pickup/x",
    b"/pickup/x/state",
    b"/pickup/x/cancellation",
    b"/proxy/cart",
    b"/proxy/stock",
    b"/proxy/pickup",
    b"/auth/patch",
    b"/webhooks",
    b"/static/app.css",
    b"/healthz",
    b"/readyz",
    b"/metrics",
    b"/nowhere",
]
HOSTILE = [
    b"?\xff\xfe=\xc3\x28",
    b"?shop=a&shop=b&signature=\xe2\x98\x83",
    b"?signature=%00%ff&shop=%E2%98%83.myshopify.com&timestamp=x",
    b"?shop=juniper-tea.myshopify.com&timestamp=99999999999999999999&signature=00",
    b"?id_token=" + b"A" * 6000,
    b"?variant=" + b"9" * 400,
    b"?shopify-reload=//evil.example&shop=evil.example",
    b"?store=-1&locale=../../etc",
    b"?locale=%00",
]


@pytest.mark.parametrize("method", [b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"\xff\xff"])
def test_no_address_of_a_stranger_makes_an_error_of_ours(street: Street, method: bytes) -> None:
    wrong = []
    for path in PATHS:
        for query in [b"", *HOSTILE]:
            request = method + b" " + path + query + b" HTTP/1.1\r\nHost: x\r\n"
            request += b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
            status = status_of(street.url, request)
            if status >= 500:
                wrong.append((status, request))
    assert wrong == []


HEADERS = [
    b"Authorization: Bearer \xff\xfe",
    b"Authorization: Bearer a.b.c",
    b"Authorization: \xe2\x98\x83",
    b"Accept: text/html;q=\xff",
    b"Accept-Language: \xff, ;;;q=a",
    b"Content-Type: application/json; charset=\xff",
    b"Content-Type: multipart/form-data",
    b"Cookie: session=\xff\xfe; x=\xe2",
    b"If-None-Match: \xff",
    b"HX-Request: \xff",
    b"Content-Length: 99999999999999",
    b"Content-Length: -1",
    b"Content-Length: x",
    b"Transfer-Encoding: chunked",
]


def test_no_header_of_a_stranger_makes_an_error_of_ours(street: Street) -> None:
    wrong = []
    for path in PATHS:
        for header in HEADERS:
            for method in (b"GET", b"POST"):
                length = (
                    b""
                    if b"Length" in header or b"Transfer" in header
                    else b"Content-Length: 2\r\n"
                )
                request = method + b" " + path + b" HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n"
                request += length + b"Connection: close\r\n\r\n{}\r\n0\r\n\r\n"
                if _is_slow(header):
                    continue
                status = status_of(street.url, request)
                if status >= 500:
                    wrong.append((status, request))
    assert wrong == []


def _is_slow(header: bytes) -> bool:
    """An announced body that never comes is waited for; the body limit has its own test."""
    return header == b"Content-Length: 99999999999999"


def test_random_bytes_make_no_error_of_ours(street: Street) -> None:
    dice = random.Random(1)
    wrong = []
    for _ in range(300):
        path = dice.choice(PATHS)
        junk = bytes(dice.randrange(1, 256) for _ in range(dice.randrange(60)))
        junk = junk.replace(b"\r", b"").replace(b"\n", b"")
        request = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nX-Junk: " + junk
        request += b"\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(junk) + junk
        status = status_of(street.url, request)
        if status >= 500:
            wrong.append((status, request))
    assert wrong == []


def test_the_app_still_serves_after_all_that(street: Street, tmp_path: Path) -> None:
    shopper = street.browser()
    shopper.add(street.variants()[0], 1)
    street.settle()
    assert list(shopper.cart().values()) == [1]
