"""Signed webhooks about orders of some 8 KB, in the platform's own shape.

Each order is the platform's sample with an id of its own and three of its lines, which makes it as
large as orders usually are.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from tests.real_samples import sample

SECRET = "a secret for the benchmark"
SHOP = "juniper-tea.myshopify.com"
TOPICS = ("orders/create", "orders/updated", "orders/updated")
FIRST_ID = 5_600_000_000_000
_LINES = 3
_DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def write_orders(
    path: Path, *, count: int = 400, topics: Sequence[str] = TOPICS[:1], shop: str = SHOP
) -> int:
    """Sign ``count`` orders, each with every topic in turn; returns the usual size of a body.

    An order's bodies are dated one second after the other.
    """
    bodies = list(_bodies(count, topics))
    with path.open("wb") as file:
        for topic, body in bodies:
            signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256"))
            file.write(b" ".join((shop.encode(), topic.encode(), signature, body)) + b"\n")
    return sorted(len(body) for _, body in bodies)[len(bodies) // 2]


def _bodies(count: int, topics: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    order = sample("orders/create")
    lines = order["line_items"][:_LINES]
    for turn, topic in enumerate(topics):
        for number in range(count):
            own = {
                "id": FIRST_ID + number,
                "name": f"#{number}",
                "cart_token": f"cart-{number}",
                "updated_at": (_DAY + timedelta(seconds=turn)).isoformat(),
                "line_items": lines,
            }
            yield topic, orjson.dumps({**order, **own})
