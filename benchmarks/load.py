"""Posts signed webhooks over plain sockets, from a process of its own, and says what came back.

Closed: each of so many connections sends its next request as soon as the last is answered.
Open, when a ``rate`` is given: requests fall due evenly, whether or not earlier ones have been
answered, and a latency counts from when the request was due, so that a server that stalls cannot
hide it. Either way every request has a webhook id of its own, and what is in flight at the end is
waited for: what was answered is then exactly what should be kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
import time
from array import array
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import httptools
import uvloop

_PATIENCE = 30.0
_HEAD = (
    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    "User-Agent: Shopify-Captain-Hook\r\nX-Shopify-Topic: {topic}\r\n"
    "X-Shopify-Shop-Domain: {shop}\r\nX-Shopify-API-Version: 2026-10\r\n"
    "X-Shopify-Hmac-Sha256: {signature}\r\nX-Shopify-Triggered-At: 2026-11-23T09:00:00.123456789Z"
    "\r\nContent-Length: {length}\r\nX-Shopify-Webhook-Id: "
)


@dataclass(frozen=True, slots=True)
class Plan:
    """``requests`` ends it early, after so many; ``run`` begins every webhook id."""

    port: int
    path: str
    orders: str
    run: str
    connections: int = 32
    seconds: float = 3600
    rate: float | None = None
    requests: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Latencies in milliseconds; ``refused`` is every answer but 200, and no answer at all."""

    acknowledged: int
    refused: int
    seconds: float
    p50: float
    p99: float
    longest: float
    answers: dict[str, int]

    @property
    def rate(self) -> float:
        """Acknowledged a second."""
        return self.acknowledged / self.seconds


def drive(plan: Plan) -> Heard:
    """Carry out the plan; return when everything has been answered."""
    return Driving(plan).heard()


class Driving:
    """A plan that is being carried out while something else is looked at."""

    def __init__(self, plan: Plan) -> None:
        command = [sys.executable, "-m", "benchmarks.load", json.dumps(asdict(plan))]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def heard(self) -> Heard:
        said, _ = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError("the load ended badly")
        return Heard(**json.loads(said))


class Load:
    """All connections of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._requests = _read(Path(plan.orders), plan)
        self._sent = 0
        self._due: deque[float] = deque()
        self._idle: list[_Line] = []
        self._open = 0
        self._latencies = array("d")
        self._name = plan.run.encode() + b"-"
        self._answers: dict[str, int] = {}
        self._over = asyncio.Event()
        self.began = self.last = 0.0

    async def run(self) -> Heard:
        loop = asyncio.get_running_loop()
        lines = [_Line(self) for _ in range(self._plan.connections)]
        for line in lines:
            await loop.create_connection(line.itself, "127.0.0.1", self._plan.port)
        self.began = self.last = time.perf_counter()
        self._open = len(lines)
        if self._plan.rate:
            self._idle = lines
            await self._keep_time(self._plan.rate)
        else:
            for line in lines:
                self.idle(line)
        await asyncio.wait_for(self._over.wait(), self._plan.seconds + _PATIENCE)
        return self._result()

    async def _keep_time(self, rate: float) -> None:
        fell_due = 0
        while (now := time.perf_counter()) < self.began + self._plan.seconds:
            while self.began + fell_due / rate <= now:
                self._due.append(self.began + fell_due / rate)
                fell_due += 1
            while self._due and self._idle:
                self._ask(self._idle.pop(), since=self._due.popleft())
            await asyncio.sleep(self.began + fell_due / rate - now)
        for line in list(self._idle):
            self.idle(line)

    def idle(self, line: _Line) -> None:
        """The connection may send what comes next."""
        if self._due and line.alive:
            self._ask(line, since=self._due.popleft())
        elif self._is_over():
            self._close(line)
        elif self._plan.rate:
            self._idle.append(line)
        else:
            self._ask(line, since=time.perf_counter())

    def _is_over(self) -> bool:
        ended = time.perf_counter() >= self.began + self._plan.seconds
        return ended or self._sent == self._plan.requests

    def answered(self, line: _Line, answer: str) -> None:
        self.last = time.perf_counter()
        self._answers[answer] = self._answers.get(answer, 0) + 1
        self._latencies.append(self.last - line.since)
        if line.alive or self._is_over():
            self.idle(line)
        else:
            asyncio.ensure_future(self._again(line))

    def gone(self, line: _Line) -> None:
        """The server closed a connection that had nothing to do."""
        if line in self._idle:
            self._idle.remove(line)
            asyncio.ensure_future(self._again(line))

    async def _again(self, line: _Line) -> None:
        """Connect anew: the server closes after each answer, or has gone away."""
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(line.itself, "127.0.0.1", self._plan.port)
        except OSError:
            await asyncio.sleep(0.05)
            line.since = time.perf_counter()
            self.answered(line, "unreachable")
        else:
            self.idle(line)

    def _ask(self, line: _Line, *, since: float) -> None:
        head, tail = self._requests[self._sent % len(self._requests)]
        # Ids come in no order, as the platform's: a tree of them is written to all over.
        number = hashlib.md5(b"%d" % self._sent, usedforsecurity=False).hexdigest()
        line.ask(b"".join((head, self._name, number.encode(), b"\r\n\r\n", tail)), since)
        self._sent += 1

    def _close(self, line: _Line) -> None:
        line.close()
        self._open -= 1
        if self._open == 0:
            self._over.set()

    def _result(self) -> Heard:
        ordered = sorted(self._latencies) or [0.0]
        good = self._answers.get("200", 0)
        return Heard(
            acknowledged=good,
            refused=sum(self._answers.values()) - good,
            seconds=self.last - self.began,
            p50=ordered[len(ordered) // 2] * 1000,
            p99=ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000,
            longest=ordered[-1] * 1000,
            answers=self._answers,
        )


class _Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._waiting = False
        self.alive = False
        self.since = 0.0

    def itself(self) -> _Line:
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._parser = httptools.HttpResponseParser(self)
        self.alive = True

    def ask(self, request: bytes, since: float) -> None:
        self.since, self._waiting = since, True
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._waiting = False
        self.alive = self._parser.should_keep_alive()
        if not self.alive:
            self._transport.close()
        self._load.answered(self, str(self._parser.get_status_code()))

    def connection_lost(self, exc: Exception | None) -> None:
        was_idle, self.alive = self.alive and not self._waiting, False
        if self._waiting:
            self._waiting = False
            self._load.answered(self, "lost")
        elif was_idle:
            self._load.gone(self)

    def close(self) -> None:
        self.alive = False
        self._transport.close()


def _read(path: Path, plan: Plan) -> list[tuple[bytes, bytes]]:
    """What goes before and after the webhook id of each request."""
    requests = []
    for line in path.read_bytes().splitlines():
        shop, topic, signature, body = line.split(b" ", 3)
        head = _HEAD.format(
            path=plan.path,
            port=plan.port,
            shop=shop.decode(),
            topic=topic.decode(),
            signature=signature.decode(),
            length=len(body),
        )
        requests.append((head.encode(), body))
    return requests


def main() -> None:
    plan = Plan(**json.loads(sys.argv[1]))

    async def run() -> Heard:
        return await Load(plan).run()

    print(json.dumps(asdict(uvloop.run(run()))))


if __name__ == "__main__":
    main()
