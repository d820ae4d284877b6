"""Old deliveries shrink while new ones come in: how long each batch takes, and who waits for it.

python -m benchmarks.retention [--rows 100000] [--database postgresql://…]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from handcart import Delivery, Handcart, Settings
from handcart_webhooks import pace
from handcart_webhooks.inbox import accept, deliveries
from handcart_webhooks.retention import Retention

SHOP = "juniper-tea.myshopify.com"
BODY = bytes(range(256)) * 32  # 8 KB, as an order has
_GROUP = 16


class Timed(Retention):
    """Notes how long each batch held the writer."""

    def __init__(self, app: Handcart) -> None:
        self.took: list[float] = []
        super().__init__(app, sleep=self._rest)

    def _rest(self, seconds: float) -> None:
        self.took.append(seconds)  # a rest is as long as its batch, or 20 ms
        time.sleep(seconds)


class Receiver:
    """Keeps a group of new deliveries every 10 ms, and notes how long each commit took."""

    def __init__(self, app: Handcart) -> None:
        self._app = app
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.took: list[float] = []

    @contextmanager
    def receiving(self) -> Iterator[None]:
        self._thread.start()
        yield
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._stopping.wait(0.01):
            began = time.perf_counter()
            with self._app.db.writing() as work:
                accept(work, [self._delivery(number + n) for n in range(_GROUP)])
            self.took.append(time.perf_counter() - began)
            number += _GROUP

    def _delivery(self, number: int) -> Delivery:
        at = self._app.clock()
        given = {"event_id": None, "api_version": None, "triggered_at": at, "received_at": at}
        body = b'{"id":%d,' % number + BODY
        return Delivery(SHOP, "orders/create", f"new-{number}", body=body, **given)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = make(options.database or f"sqlite:///{Path(folder)}/handcart.db")
        at = app.clock()
        fill(app, options.rows, at=at - timedelta(days=31))
        alone = receive_alone(app, seconds=5)
        cleaning, receiver = Timed(app), Receiver(app)
        began = time.perf_counter()
        with receiver.receiving():
            cleaning.clean_up(at)
        took = time.perf_counter() - began
        app.close()
    print(f"{options.rows} rows in {took:.1f} s, {len(cleaning.took)} batches")
    print("| | p50 ms | p99 ms | longest ms |\n|---|---|---|---|")
    over = [seconds for seconds in cleaning.took if seconds > pace.TARGET]
    print(row("a group of 16 kept, nothing else going on", alone))
    print(row("a group of 16 kept beside it", receiver.took))
    longest = _ms(max(over, default=0))
    print(f"batches over {pace.TARGET * 1000:.0f} ms: {len(over)}, longest {longest}")


def receive_alone(app: Handcart, *, seconds: float) -> Sequence[float]:
    receiver = Receiver(app)
    receiver._app = app
    with receiver.receiving():
        time.sleep(seconds)
    with app.db.writing() as work:
        work.execute(deliveries.delete().where(deliveries.c.state == "waiting"))
    return receiver.took


def make(url: str) -> Handcart:
    settings = Settings.from_env(
        {
            "HANDCART_API_KEY": "bench",
            "HANDCART_API_SECRET": "bench",
            "HANDCART_APP_URL": "http://127.0.0.1:9931",
            "HANDCART_SECRETS": "a secret of the benchmark that is long enough",
            "HANDCART_DATABASE_URL": url,
        }
    )
    app = Handcart(settings, clock=lambda: datetime.now(UTC))
    app.db.migrate()
    return app


def fill(app: Handcart, count: int, *, at: datetime) -> None:
    """So many deliveries of 8 KB that were done at ``at``."""
    done = {"state": "done", "attempts": 1, "added_at": at, "due_at": at, "ended_at": at}
    given = {"shop": SHOP, "topic": "orders/create", "body": BODY, **done}
    for first in range(1, count + 1, 1000):
        numbers = range(first, min(first + 1000, count + 1))
        rows = [
            {**given, "webhook_id": f"old-{n}", "place": n, "resource": f"orders:{n}"}
            for n in numbers
        ]
        with app.db.writing() as work:
            work.execute(insert(deliveries), rows)


def row(name: str, took: Sequence[float]) -> str:
    ordered = sorted(took)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"| {name} | {_ms(statistics.median(ordered))} | {_ms(p99)} | {_ms(ordered[-1])} |"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


if __name__ == "__main__":
    main()
