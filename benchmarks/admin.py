"""Fifty threads call the Admin API of one shop as fast as they may.

    python -m benchmarks.admin            # a minute; --seconds, --threads, --plan

Two things are counted. How often the platform had to say THROTTLED, and whether any thread heard of
it. And how much of what the bucket restores was used: the points that calls really took, over those
that came back in the time, once the bucket's first filling was drunk.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from handcart.connection import new_session
from handcart.errors import HandcartError
from handcart.localshop import admin_api, tokens
from handcart.localshop.admin_api.bucket import PLANS
from handcart.localshop.config import AppConfig
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from handcart.platform.shopify.admin import ShopifyAdmin
from handcart.platform.shopify.documents import document

from . import machine

TOML = Path(__file__).parents[1] / "example_app" / "shopify.app.toml"
# Dear and cheap, as an app's calls are: some ask for much more than comes back.
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    (document("shop_profile"), {}),
    (document("locations"), {"after": None}),
    (
        "query Products { products(first: 20) { nodes { variants(first: 5) { nodes { id } } } } }",
        {},
    ),
    ("query Big($n: Int!) { orders(first: $n) { nodes { id customer { id } } } }", {"n": 100}),
)


@dataclass
class Tally:
    """What happened so far; the threads and the shop write into it."""

    calls: int = 0
    surfaced: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    used: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--plan", choices=PLANS, default="standard")
    asked = parser.parse_args()
    tally = Tally()
    with shop(asked.plan, tally) as (url, token):
        share = measure(
            url, token, tally, threads=asked.threads, seconds=asked.seconds, plan=asked.plan
        )
    print(machine.facts())
    print(
        f"{asked.threads} threads, plan {asked.plan}, {asked.seconds:.0f} s after the first filling"
    )
    print(f"calls answered            {tally.calls}")
    print(f"the platform said no      {tally.throttled}")
    print(f"a thread heard of it      {tally.surfaced['throttled']}")
    print(f"other errors              {sum(tally.surfaced.values()) - tally.surfaced['throttled']}")
    print(f"of the restore rate used  {share:.1%}")


def measure(
    url: str, token: str, tally: Tally, *, threads: int, seconds: float, plan: str
) -> float:
    """The share of restored points that was used between the first filling and the end."""
    size, rate = PLANS[plan]
    over = threading.Event()
    with new_session() as session:
        admin = ShopifyAdmin("juniper-tea.myshopify.com", url, lambda: token, "2026-10", session)
        calling = [
            threading.Thread(target=call, args=(admin, number, over, tally), daemon=True)
            for number in range(threads)
        ]
        for one in calling:
            one.start()
        wait_until(lambda: tally.used >= size)
        before, began = tally.used, time.monotonic()
        over.wait(seconds)
        used, passed = tally.used - before, time.monotonic() - began
        over.set()
        for one in calling:
            one.join(seconds)
    return used / (passed * rate)


def call(admin: ShopifyAdmin, number: int, over: threading.Event, tally: Tally) -> None:
    while not over.is_set():
        text, variables = CALLS[number % len(CALLS)]
        number += 1
        try:
            admin.execute(text, variables)
        except HandcartError as error:
            with tally.lock:
                tally.surfaced[error.code] += 1
        else:
            with tally.lock:
                tally.calls += 1


@contextmanager
def shop(plan: str, tally: Tally) -> Iterator[tuple[str, str]]:
    """A local shop on that plan, and a token for it; what its answers cost goes into ``tally``."""
    app = AppConfig.from_toml(TOML, app_url="http://127.0.0.1:9", client_secret="s" * 32)
    world = seed(1, datetime.now(UTC))
    world.admin_state["plan"] = plan
    grant = tokens.install(world, app)
    honest = admin_api.execute

    def counted(*given: Any, **more: Any) -> admin_api.Answer:
        answer = honest(*given, **more)
        cost = answer[1].get("extensions", {}).get("cost", {})
        with tally.lock:
            tally.used += cost.get("actualQueryCost") or 0
            tally.throttled += "errors" in answer[1] and cost.get("actualQueryCost") is None
        return answer

    admin_api.execute = counted
    try:
        with LocalShop(world, app) as running:
            id_token = tokens.mint_id_token(world, app, 1, datetime.now(UTC))
            yield running.url, exchanged(running.url, app, id_token)
    finally:
        admin_api.execute = honest
        grant.access.clear()


def exchanged(url: str, app: AppConfig, id_token: str) -> str:
    asked = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "grant_type": tokens.TOKEN_EXCHANGE,
        "subject_token": id_token,
        "subject_token_type": tokens.ID_TOKEN,
    }
    answer = requests.post(f"{url}/admin/oauth/access_token", json=asked, timeout=10)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def wait_until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.01)


if __name__ == "__main__":
    main()
