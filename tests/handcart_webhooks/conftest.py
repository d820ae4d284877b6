from __future__ import annotations

import base64
import hmac
import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from flask import Flask

from handcart import Handcart, Settings
from handcart.shops import service as shops
from handcart.shops.model import Tokens
from handcart.storage import Database, metadata
from handcart_webhooks import Engine

SHOP = "juniper-tea.myshopify.com"
_numbers = itertools.count(1)


def sign(body: bytes, secret: str = "hush") -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def headers(topic: str, body: bytes, **changes: str | None) -> dict[str, str]:
    """The platform's headers around ``body``; a change to None leaves that one out."""
    all_ = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": sign(body),
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": f"webhook-{next(_numbers)}",
        "X-Shopify-Triggered-At": "2026-11-23T08:59:59.123456789Z",
        "Content-Type": "application/json",
    }
    renamed = {f"X-Shopify-{name.replace('_', '-')}": value for name, value in changes.items()}
    return {name: value for name, value in {**all_, **renamed}.items() if value is not None}


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock(at: datetime) -> Clock:
    return Clock(at)


@pytest.fixture
def app(settings: Settings, clock: Clock, db: Database) -> Iterator[Handcart]:
    """An app with an empty database and no shop."""
    handcart = Handcart(settings, clock=clock)
    yield handcart
    handcart.close()


@pytest.fixture
def installed(app: Handcart, at: datetime) -> Handcart:
    """The same app, installed by one shop whose mirroring is already behind it."""
    tokens = Tokens(
        access_token="shpat_1",
        scopes="read_orders",
        expires_at=at + timedelta(hours=1),
        refresh_token="shprt_1",
        refresh_expires_at=at + timedelta(days=90),
    )
    with app.db.writing() as work:
        shops.install(work, SHOP, tokens=tokens, keyring=app.keyring, at=at)
        work.execute(metadata.tables["tasks"].delete())
    return app


class Client:
    """Posts to the edge as the platform would, one request at a time or many at once."""

    def __init__(self, asgi: Any) -> None:
        self._asgi = asgi

    def _session(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self._asgi)
        return httpx.AsyncClient(transport=transport, base_url="http://app.test")

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        import asyncio

        async def send() -> httpx.Response:
            async with self._session() as session:
                return await session.request(method, path, **more)

        return asyncio.run(send())

    def post_many(self, requests: list[tuple[bytes, dict[str, str]]]) -> list[int]:
        import asyncio

        async def send() -> list[int]:
            async with self._session() as session:
                answers = await asyncio.gather(
                    *(session.post("/webhooks", content=b, headers=h) for b, h in requests)
                )
            return [answer.status_code for answer in answers]

        return asyncio.run(send())

    def post(self, topic: str, payload: Any, **changes: str | None) -> httpx.Response:
        body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        return self.request(
            "POST", "/webhooks", content=body, headers=headers(topic, body, **changes)
        )


@pytest.fixture
def client(app: Handcart) -> Iterator[Client]:
    edge = Engine(app).asgi(Flask("pages"))
    yield Client(edge)
    edge.close()
