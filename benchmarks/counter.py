"""The counter: how soon an order is on it, and how it works with thousands of orders.

    python -m benchmarks.counter [--orders 40] [--open 2000] [--looks 30]

The sample app is served as it is (uvicorn, SQLite, ``synchronous=FULL``) beside the local platform.
First, orders are placed and the time is taken from the moment that the platform sends its webhook
until a counter page that asks as often as the real one (every 0.7 s, at its own pace) has been
given the order's card. Then a store gets thousands of open pickups, and its page is asked for
whole, for news when there are none, for a search, and for a scanned code.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from example_app import create_handcart
from handcart.localshop import orders
from handcart.localshop.tokens import mint_id_token
from handcart.localshop.world import OrderLine, Pickup
from handcart.pickups import code_for, service
from handcart.platform.port import FulfillmentLine, FulfillmentOrder
from handcart.testing import Street, open_street

from . import machine, report

ASKS = 0.7
TOML = Path(__file__).parents[1] / "example_app" / "shopify.app.toml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=40)
    parser.add_argument("--open", type=int, default=2000)
    parser.add_argument("--looks", type=int, default=30)
    options = parser.parse_args()
    print(machine.facts())
    print(measure(options.orders, options.open, options.looks))


def measure(orders: int, waiting: int, looks: int) -> str:
    """A table of how soon, and how it works with ``waiting`` open pickups."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_street(create_handcart, toml=TOML, folder=Path(folder)) as street,
        requests.Session() as session,
    ):
        store = street.stores()[0]
        rows = {
            "order webhook until it is on the counter": [
                _until_seen(street, session, store) for _ in range(orders)
            ]
        }
        _fill(street, store, waiting)
        for what, took in _looks(street, session, store, looks).items():
            rows[f"{waiting} open: {what}"] = took
    return report.table(
        ["", "median, ms", "95th percentile, ms"],
        [[what, *_kept(what, took)] for what, took in rows.items()],
    )


def _until_seen(street: Street, session: requests.Session, store: int) -> float:
    """Seconds from placing one order until a page that keeps asking has its card."""
    world = street.shop.world
    variant = random.choice(street.variants())
    seen, stop = threading.Event(), threading.Event()
    name: list[str] = []
    when: list[float] = []

    def look() -> None:
        time.sleep(random.random() * ASKS)
        while not stop.is_set():
            page = _get(street, session, f"/counter/{store}/queue", find="")
            if name and f">{name[0]}<" in page:
                when.append(time.perf_counter())
                seen.set()
                return
            stop.wait(ASKS)

    page = threading.Thread(target=look)
    page.start()
    began = time.perf_counter()
    order = orders.place(
        world, lines=[OrderLine(variant, 1)], email="mira@example.com", delivery=Pickup(store)
    )
    name.append(order.name)
    seen.wait(30)
    stop.set()
    page.join()
    _clear(street, order.name)
    return when[0] - began


def _clear(street: Street, name: str) -> None:
    """The order leaves the counter again, so that each is measured on an empty one."""
    app, shop = street.app, street.shop.world.shop.domain
    for pickup in street.pickups():
        if pickup.order_name == name:
            with app.db.writing() as work:
                service.cancel(
                    work,
                    shop,
                    pickup.pickup_id,
                    reason="other",
                    by="manager:1",
                    at=app.clock(),
                )
    street.settle()


def _fill(street: Street, store: int, count: int) -> None:
    app, shop = street.app, street.shop.world.shop.domain
    for first in range(0, count, 100):
        with app.db.writing() as work:
            for number in range(first, min(first + 100, count)):
                order = _order(number, store, app.clock())
                service.request_pickup(work, shop, order, at=app.clock())
                if number % 2:
                    service.mark_ready(
                        work, shop, str(800_000 + number), by="staff:1", at=app.clock()
                    )
        # What the platform would be told is none of this benchmark's.
        with app.db.writing() as work:
            work.exec_driver_sql("DELETE FROM tasks WHERE kind IN ('call', 'event')")


def _order(number: int, store: int, at: Any) -> FulfillmentOrder:
    lines = tuple(
        FulfillmentLine(number * 10 + line, 500 + line, f"Tea {line}", f"TEA-{line}", 1)
        for line in range(3)
    )
    return FulfillmentOrder(
        fulfillment_order_id=800_000 + number,
        order_id=900_000 + number,
        order_name=f"#{20_000 + number}",
        method="pick_up",
        status="open",
        location_id=store,
        customer_name=f"Guest {number}",
        customer_id=None,
        covers_order=True,
        updated_at=at,
        lines=lines,
    )


def _looks(
    street: Street, session: requests.Session, store: int, times: int
) -> dict[str, list[float]]:
    shop, app = street.shop.world.shop.domain, street.app
    code = code_for(app.keyring, shop, "800001", generation=1)
    queue = f"/counter/{store}/queue"
    tag: list[str] = []

    def whole() -> None:
        answer = _ask(street, session, queue)
        tag[:] = [answer.headers["ETag"]]

    kinds: dict[str, Callable[[], Any]] = {
        "the queue": whole,
        "no news": lambda: _ask(street, session, queue, tag=tag[0]),
        "a name": lambda: _ask(street, session, queue, find="Guest 77"),
        "a scanned code": lambda: _ask(street, session, queue, find=code),
    }
    return {name: [_timed(look) for _ in range(times)] for name, look in kinds.items()}


def _timed(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _get(street: Street, session: requests.Session, path: str, **query: str) -> str:
    return _ask(street, session, path, **query).text


def _ask(
    street: Street, session: requests.Session, path: str, *, tag: str = "", **query: str
) -> requests.Response:
    world = street.shop.world
    token = mint_id_token(world, street.shop.app, next(iter(world.staff)), street.app.clock())
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    headers |= {"If-None-Match": tag} if tag else {}
    answer = session.get(f"{street.url}{path}", params=query, headers=headers, timeout=30)
    answer.raise_for_status()
    return answer


def _kept(what: str, seconds: list[float]) -> tuple[str, str]:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    half = statistics.median(ordered)
    report.keep("counter", {"what": what, "p50": half, "p95": p95, "of": len(ordered)})
    return f"{half * 1000:.0f}", f"{p95 * 1000:.0f}"


if __name__ == "__main__":
    main()
