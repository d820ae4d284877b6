"""A platform that sends webhooks as fast as they are answered, and remembers each answer.

What is refused, or not answered at all, is sent again until it is answered with 200, as the
platform would. So at the end every delivery was acknowledged, and the app owes each an effect.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson

from .ledger import SHOP

SECRET = "hush"
PATIENCE = 5.0  # the platform's
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_SIGNED = {
    "X-Shopify-Shop-Domain": SHOP,
    "X-Shopify-API-Version": "2026-10",
    "X-Shopify-Triggered-At": "2026-11-23T08:59:59.123456789Z",
    "Content-Type": "application/json",
    "Host": "app.test",
}


@dataclass(frozen=True, slots=True)
class News:
    """One webhook; ``version`` says how new it is among those about the same ``thing``."""

    webhook_id: str
    topic: str
    body: bytes
    thing: tuple[str, int] | None = None
    version: int = 0

    def request(self) -> bytes:
        signature = base64.b64encode(hmac.digest(SECRET.encode(), self.body, "sha256")).decode()
        headers = {
            **_SIGNED,
            "X-Shopify-Topic": self.topic,
            "X-Shopify-Webhook-Id": self.webhook_id,
            "X-Shopify-Hmac-Sha256": signature,
            "Content-Length": str(len(self.body)),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST /webhooks HTTP/1.1\r\n{lines}\r\n".encode() + self.body


def trade(
    seed: int, count: int, *, things: int = 60, first: int = 0, padding: int = 0
) -> Iterator[News]:
    """``count`` webhooks about orders and levels, each newer than the last about its thing."""
    dice = random.Random(seed)
    versions: Counter[tuple[str, int]] = Counter()
    if first:
        versions.update({(kind, n): first for kind in ("order", "level") for n in range(things)})
    for number in range(first, first + count):
        thing = (dice.choice(("order", "level")), dice.randrange(things))
        versions[thing] += 1
        yield _news(thing, versions[thing], f"{seed}-{number}", padding=padding)


def _news(thing: tuple[str, int], version: int, webhook_id: str, *, padding: int) -> News:
    kind, number = thing
    updated_at = (START + timedelta(seconds=version)).isoformat()
    about = {"updated_at": updated_at, "note": "x" * padding}
    if kind == "level":
        about |= {"inventory_item_id": number + 1, "location_id": 31, "available": version}
        return News(webhook_id, "inventory_levels/update", orjson.dumps(about), thing, version)
    about |= {"id": 1000 + number, "name": f"#{number}", "token": f"t{number}", "line_items": []}
    return News(webhook_id, "orders/updated", orjson.dumps(about), thing, version)


@dataclass
class Flood:
    """Sends between ``start()`` and ``stop()``, or until all of ``news`` is acknowledged."""

    port: int
    news: Iterable[News]
    connections: int = 8
    again: float = 0.05  # how much of what was acknowledged is sent once more
    rate: float | None = None  # so many in a second at most
    refused: int | None = None  # the status with which all of it is to be refused
    acked: dict[str, None] = field(default_factory=dict)
    newest: dict[tuple[str, int], int] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    stall: float = 0.0  # for how long this machine let nobody here run

    def __post_init__(self) -> None:
        self._ahead = iter(self.news)
        self._dice = random.Random(1)
        self._stopping = False
        self._next_at = 0.0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._send_all()))

    def start(self) -> Flood:
        self._thread.start()
        return self

    def wait(self, *, seconds: float = 60) -> Flood:
        """Return when everything is acknowledged; TimeoutError when it takes too long."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            self.stop()
            raise TimeoutError(f"not everything was answered: {self.answers}")
        return self

    def stop(self) -> Flood:
        """Take no more news; what is in hand is sent until it is acknowledged, or for a while."""
        self._stopping = True
        self._thread.join(30)
        return self

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    @property
    def slowest(self) -> float:
        return max(self.seconds, default=0.0)

    @property
    def late(self) -> int:
        """How many answers came after four seconds, or not at all.

        On a machine that stalls by itself only what is later than that explains.
        """
        after = sum(each > 4 + 4 * self.stall for each in self.seconds)
        return after + (self.answers[0] if self.stall < 0.25 else 0)

    async def _send_all(self) -> None:
        watching = asyncio.create_task(self._watch())
        await asyncio.gather(*(self._send() for _ in range(self.connections)))
        watching.cancel()
        # What is being closed is closed at the loop's next turns; a socket left over is a warning.
        await asyncio.sleep(0.1)

    async def _watch(self) -> None:
        """See how late a thread of ours wakes up."""
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.05)
            self.stall = max(self.stall, time.monotonic() - began - 0.05)

    async def _send(self) -> None:
        wire = _Wire(self.port)
        while (one := self._take()) is not None:
            await self._pace()
            await self._insist(wire, one)
            if self._dice.random() < self.again:
                await self._insist(wire, one)
        wire.close()

    def _take(self) -> News | None:
        return None if self._stopping else next(self._ahead, None)

    async def _pace(self) -> None:
        if self.rate:
            now = time.monotonic()
            self._next_at = max(self._next_at + 1 / self.rate, now - 0.1)
            await asyncio.sleep(max(0.0, self._next_at - now))

    async def _insist(self, wire: _Wire, one: News) -> None:
        """Send it until it is acknowledged; the platform would do so for four hours."""
        request = one.request()
        given_up_at = None
        while (status := await self._ask(wire, request)) != 200:
            if status == self.refused:
                return
            if 400 <= status < 500:
                raise AssertionError(f"{one.topic} was refused with {status}")
            if self._stopping:
                given_up_at = given_up_at or time.monotonic() + 15
                if time.monotonic() > given_up_at:
                    return
            await asyncio.sleep(0.03)
        assert self.refused is None, f"{one.topic} was acknowledged"
        self.acked[one.webhook_id] = None
        if one.thing:
            self.newest[one.thing] = max(one.version, self.newest.get(one.thing, 0))

    async def _ask(self, wire: _Wire, request: bytes) -> int:
        began = time.monotonic()
        status = await wire.ask(request)
        self.answers[status] += 1
        if status:
            self.seconds.append(time.monotonic() - began)
        return status


class _Wire:
    """One connection, opened again whenever it is broken."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> int:
        """The status of the answer; 0 when none came in time."""
        try:
            return await asyncio.wait_for(self._ask(request), PATIENCE)
        except (OSError, EOFError, TimeoutError):
            self.close()
            return 0

    async def _ask(self, request: bytes) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        _, _, after = head.lower().partition(b"content-length: ")
        await reader.readexactly(int(after.partition(b"\r\n")[0]))
        return int(head[9:12])

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
