"""Live carts: from a change on one device to its page on the other, with many pages listening.

    python -m benchmarks.live [--listeners 1000 10000] [--seconds 10] [--rate 30]

The sample app is started as it is (uvicorn, SQLite, ``synchronous=FULL``). Two pages listen to each
cart. Then carts are changed by signed reports of one device, at a steady rate, and the time is
taken from sending the report (verification, the cart's operations and the durable commit included)
until the other device's page hears the new version. Memory is the server's proportional set size.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from handcart.storage import Database
from handcart.storage.outbox import outbox
from handcart.testing.street import free_port

from . import machine, report

SHOP, SECRET = "juniper-tea.myshopify.com", "hush"
AT_ONCE = 16


@dataclass
class Cart:
    """One shopper with a phone that changes things and two pages that listen."""

    number: int
    quantity: int = 0
    ticket: str = ""
    version: int = 0
    sent: dict[int, float] = field(default_factory=dict)


class Page(asyncio.Protocol):
    """A page that listens; ``took`` gets the seconds of each change."""

    def __init__(self, cart: Cart, port: int, took: list[float] | None) -> None:
        self._cart, self._port, self._took = cart, port, took
        self.first: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        ask = f"GET /live?ticket={quote(self._cart.ticket)} HTTP/1.1\r\nHost: h\r\n\r\n"
        assert isinstance(transport, asyncio.Transport)
        transport.write(ask.encode())
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        at = time.perf_counter()
        for line in data.split(b"\n"):
            if not line.startswith(b"data: "):
                continue
            if not self.first.done():
                self.first.set_result(None)
            sent = self._cart.sent.get(int(line[6:]))
            if sent is not None and self._took is not None:
                self._took.append(at - sent)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.first.done():
            self.first.set_exception(exc or ConnectionError("closed"))


class Phone:
    """One connection over which reports go, one after the other."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> Phone:
        self._in, self._out = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def change(self, cart: Cart) -> None:
        """One more in the cart; the answer names the version, so the next one is known before."""
        cart.quantity += 1
        body = json.dumps(
            {
                "token": f"phone-{cart.number}?key=s",
                "lines": [{"variant_id": 101, "quantity": cart.quantity}],
                "read_at": time.time_ns() // 1_000,
            }
        ).encode()
        head = (
            f"POST /proxy/cart?{_signed(cart.number)} HTTP/1.1\r\nHost: h\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        cart.sent[cart.version + 1] = time.perf_counter()
        self._out.write(head.encode() + body)
        live = (await self._answer())["live"]
        cart.ticket, cart.version = live["ticket"], live["version"]

    async def _answer(self) -> Any:
        head = (await self._in.readuntil(b"\r\n\r\n")).decode().lower()
        assert " 200 " in head.partition("\r\n")[0], head
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        return json.loads(await self._in.readexactly(length))


def _signed(customer: int) -> str:
    params = {
        "shop": SHOP,
        "logged_in_customer_id": str(customer),
        "path_prefix": "/apps/handcart",
        "timestamp": str(int(time.time())),
    }
    text = "".join(f"{name}={value}" for name, value in sorted(params.items()))
    signature = hmac.digest(SECRET.encode(), text.encode(), hashlib.sha256).hex()
    return urlencode({**params, "signature": signature})


@contextlib.contextmanager
def served() -> Iterator[tuple[int, int, str]]:
    """The sample app in a process of its own: its port, its process id and its database."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/live.db"
        # As at any start but the first, which has tables to make.
        with contextlib.closing(Database(url)) as db:
            db.migrate()
        env = {
            **os.environ,
            "HANDCART_API_KEY": "bench",
            "HANDCART_API_SECRET": SECRET,
            "HANDCART_APP_URL": f"http://127.0.0.1:{port}",
            "HANDCART_SECRETS": "a secret of the benchmarks of no use",
            "HANDCART_DATABASE_URL": url,
            "PORT": str(port),
        }
        process = subprocess.Popen([sys.executable, "-m", "example_app"], env=env)
        try:
            _until_up(port)
            yield port, process.pid, url
        finally:
            process.terminate()
            process.wait(20)


def _until_up(port: int) -> None:
    for _ in range(400):
        with contextlib.suppress(OSError), urllib.request.urlopen(_health(port)):
            return
        time.sleep(0.05)
    raise TimeoutError("the app did not start")


def _health(port: int) -> str:
    return f"http://127.0.0.1:{port}/healthz"


def held(pid: int) -> float:
    """MiB of memory that are this process's own share."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    line = next(line for line in text.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) / 1024


async def measure(listeners: int, *, seconds: float, rate: float) -> dict[str, Any]:
    with served() as (port, pid, url):
        phones = [await Phone(port).open() for _ in range(AT_ONCE)]
        carts = [Cart(number) for number in range(1, listeners // 2 + 1)]
        await _fill(phones, carts)
        for cart in carts:
            cart.sent.clear()
        await _until_worked_off(url)
        before = held(pid)
        took: list[float] = []
        began = time.perf_counter()
        pages = await _listen(carts, port, took)
        connected = time.perf_counter() - began
        memory = held(pid)
        idle = machine.cpu_of_tree(pid)
        await asyncio.sleep(seconds)
        idle = (machine.cpu_of_tree(pid) - idle) / seconds
        # The server has closed the connections that were idle for so long.
        phones = [await Phone(port).open() for _ in range(AT_ONCE)]
        changes = await _change(phones, carts, seconds=seconds, rate=rate)
        await asyncio.sleep(1)
        for page in pages:
            page.transport.close()
        return {
            "listeners": listeners,
            "connected_s": round(connected, 1),
            "memory_mib": round(memory),
            "kb_per_listener": round((memory - before) * 1024 / listeners, 1),
            "idle_cpu": round(idle, 4),
            "changes": changes,
            "heard": len(took),
            **_spread(took),
        }


async def _fill(phones: list[Phone], carts: list[Cart]) -> None:
    waiting = iter(carts)

    async def fill(phone: Phone) -> None:
        for cart in waiting:
            await phone.change(cart)

    await asyncio.gather(*map(fill, phones))


async def _until_worked_off(url: str) -> None:
    """What the filling left to do is done, so that who listens afterwards is all that there is."""
    with contextlib.closing(Database(url)) as db:
        while True:
            with db.reading() as view:
                if outbox.count_due(view, at=datetime.now(UTC)) == 0:
                    return
            await asyncio.sleep(0.2)


async def _listen(carts: list[Cart], port: int, took: list[float]) -> list[Page]:
    """Two pages for each cart; only the second one's times count: it is the other device."""
    loop = asyncio.get_running_loop()
    pages: list[Page] = []
    for group in _groups(carts):
        made = [Page(cart, port, each) for cart in group for each in (None, took)]
        opened = (loop.create_connection(_given(page), "127.0.0.1", port) for page in made)
        await asyncio.gather(*opened)
        await asyncio.gather(*(page.first for page in made))
        pages += made
    return pages


def _groups(carts: list[Cart]) -> Iterator[list[Cart]]:
    for start in range(0, len(carts), 100):
        yield carts[start : start + 100]


def _given(page: Page) -> Any:
    return lambda: page


async def _change(phones: list[Phone], carts: list[Cart], *, seconds: float, rate: float) -> int:
    """Change random carts at a steady rate; nobody waits for the answer before the next is due."""
    free: asyncio.Queue[Phone] = asyncio.Queue()
    for phone in phones:
        free.put_nowait(phone)
    running: set[asyncio.Task[None]] = set()

    async def change(cart: Cart) -> None:
        phone = await free.get()
        await phone.change(cart)
        free.put_nowait(phone)

    chosen = random.Random(1).sample(carts, min(len(carts), int(seconds * rate)))
    began = time.perf_counter()
    for turn, cart in enumerate(chosen):
        await asyncio.sleep(max(0.0, began + turn / rate - time.perf_counter()))
        running.add(asyncio.create_task(change(cart)))
    await asyncio.gather(*running)
    return len(chosen)


def _spread(took: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(took, n=100)
    named = {"p50_ms": cuts[49], "p95_ms": cuts[94], "p99_ms": cuts[98], "max_ms": max(took)}
    return {name: round(value * 1000, 1) for name, value in named.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float, default=30)
    options = parser.parse_args()
    rows = []
    for listeners in options.listeners:
        row = asyncio.run(measure(listeners, seconds=options.seconds, rate=options.rate))
        report.keep("live", row)
        rows.append([str(value) for value in row.values()])
    print(machine.facts(), end="\n\n")
    print(report.table(list(row), rows))


if __name__ == "__main__":
    main()
