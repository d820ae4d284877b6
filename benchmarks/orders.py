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

SECRET = "a secret of the benchmark, long enough"
SHOP = "juniper-tea.myshopify.com"
TOPICS = ("orders/create", "orders/updated", "orders/updated")
FIRST_ID = 5_600_000_000_000
_LINES = 3
_APART = 40
_DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def write_orders(
    path: Path,
    *,
    count: int = 400,
    topics: Sequence[str] = TOPICS[:1],
    shop: str = SHOP,
    first: int = FIRST_ID,
) -> int:
    """Sign ``count`` orders from the id ``first`` on; returns the usual size of a body.

    Each order is told of by every topic in turn, its bodies dated one second after the other and
    forty orders apart, as on a busy day.
    """
    bodies = list(_bodies(range(first, first + count), topics))
    with path.open("wb") as file:
        for topic, body in bodies:
            signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256"))
            file.write(b" ".join((shop.encode(), topic.encode(), signature, body)) + b"\n")
    return sorted(len(body) for _, body in bodies)[len(bodies) // 2]


def _bodies(ids: range, topics: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    order = sample("orders/create")
    lines = order["line_items"][:_LINES]
    for start in range(0, len(ids), _APART):
        for turn, topic in enumerate(topics):
            for order_id in ids[start : start + _APART]:
                own = {
                    "id": order_id,
                    "name": f"#{order_id}",
                    "cart_token": f"cart-{order_id}",
                    "updated_at": (_DAY + timedelta(seconds=turn)).isoformat(),
                    "cancelled_at": None,
                    "line_items": lines,
                }
                yield topic, orjson.dumps({**order, **own})
