"""An app that only listens, and a browser: what the tests of the local shop's HTTP face share."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import requests

from handcart.localshop.server import LocalShop

BEGIN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Got:
    """One request as the app received it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def topic(self) -> str:
        return self.headers.get("X-Shopify-Topic", "")

    @property
    def webhook_id(self) -> str:
        return self.headers.get("X-Shopify-Webhook-Id", "")

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    def is_signed(self, secret: str) -> bool:
        wanted = base64.b64encode(hmac.digest(secret.encode(), self.body, "sha256")).decode()
        return hmac.compare_digest(wanted, self.headers["X-Shopify-Hmac-Sha256"])


Reply = tuple[int, dict[str, str], bytes]


def taken(got: Got) -> Reply:
    return 200, {}, b""


@dataclass
class Receiver:
    """An app of one function: ``answer`` says what to reply to what was ``got``."""

    url: str
    got: list[Got] = field(default_factory=list)
    answer: Callable[[Got], Reply] = taken

    def webhooks(self, topic: str = "") -> list[Got]:
        return [each for each in self.got if each.topic and topic in ("", each.topic)]


class Browser(requests.Session):
    """A session whose addresses are paths of the shop."""

    def __init__(self, shop: LocalShop) -> None:
        super().__init__()
        self.shop = shop

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(method, f"{self.shop.url}{url}", *args, timeout=15, **kwargs)

    def ajax(self, call: str, body: Any = None) -> requests.Response:
        return self.post(f"/cart/{call}.js", json=body)

    def cart(self) -> Any:
        return self.get("/cart.js").json()

    def lines(self) -> list[tuple[int, int]]:
        return [(line["variant_id"], line["quantity"]) for line in self.cart()["items"]]


def plenty(shop: LocalShop) -> list[int]:
    world = shop.world
    return [
        variant.id
        for variant in world.variants.values()
        if all(
            world.levels[variant.inventory_item_id, place].available >= 4
            for place in world.locations
        )
    ]
