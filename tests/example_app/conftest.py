from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from aiosmtpd.controller import Controller
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from example_app import assets, create_handcart
from handcart import Handcart, Settings
from handcart.pickups import Pickup, service
from handcart.platform.port import (
    FulfillmentLine,
    FulfillmentOrder,
    ShopProfile,
    StockLevel,
    StoreLocation,
)
from handcart.shops import service as shops
from handcart.shops.model import Tokens
from handcart.stock import service as stock
from handcart.storage import metadata
from tests.example_app.post import AnyPort, Post

SHOP = "juniper-tea.myshopify.com"
HARBOUR, OLD_TOWN = 31, 32


@dataclass
class Moment:
    """The time inside the app; tests move it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **by: int) -> None:
        self.now += timedelta(**by)


@pytest.fixture(scope="session", autouse=True)
def catalogues() -> None:
    assets.compile_catalogues()


@pytest.fixture(scope="module")
def server() -> Iterator[Controller]:
    controller = AnyPort(Post(), hostname="127.0.0.1", port=0)
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def post(server: Controller) -> Post:
    server.handler.taken.clear()
    server.handler.answers.clear()
    found: Post = server.handler
    return found


@pytest.fixture
def clock(at: datetime) -> Moment:
    return Moment(at)


@pytest.fixture
def app(settings: Settings, clock: Moment) -> Iterator[Handcart]:
    """The sample app with one installed shop of two stores, and no platform to talk to."""
    app = create_handcart(settings, clock=clock)
    app.flask.testing = True
    with app.db.writing() as work:
        metadata.create_all(work)
        tokens = Tokens("shpat_of_the_test", "read_orders", expires_at=None)
        shops.install(work, SHOP, tokens=tokens, keyring=app.keyring, at=clock.now)
        profile = ShopProfile("Juniper Tea", "Europe/Sofia", "EUR", "owner@example.com")
        shops.mirror(work, SHOP, profile, at=clock.now)
        stock.mirror(work, SHOP, locations=STORES, levels=levels(clock.now), at=clock.now)
    yield app
    app.close()


STORES = (
    StoreLocation(
        location_id=HARBOUR,
        name="Harbour",
        address="Quay 4, 9000 Varna",
        phone="+359 2 555 0101",
        active=True,
        offers_pickup=True,
        opening_hours="Mo-Fr 09:00-19:00; Sa 10:00-14:00",
    ),
    StoreLocation(
        location_id=OLD_TOWN,
        name="Old Town",
        address="Lime street 12, 4000 Plovdiv",
        phone="",
        active=True,
        offers_pickup=True,
        opening_hours="",
    ),
)


def levels(at: datetime) -> list[StockLevel]:
    return [StockLevel(701, 501, HARBOUR, 6, at), StockLevel(701, 501, OLD_TOWN, 0, at)]


LINES = (
    FulfillmentLine(line_id=1, variant_id=501, title="Gyokuro, 50 g", sku="GYO-50", quantity=2),
    FulfillmentLine(line_id=2, variant_id=502, title="Tea caddy", sku="CAD-1", quantity=1),
)


@pytest.fixture
def place(app: Handcart) -> Callable[..., Pickup]:
    """An order to be picked up arrives."""

    def arrive(number: int = 1001, **changes: Any) -> Pickup:
        order = FulfillmentOrder(
            **{
                "fulfillment_order_id": number + 8000,
                "order_id": number,
                "order_name": f"#{number}",
                "method": "pick_up",
                "status": "open",
                "location_id": HARBOUR,
                "customer_name": "Mina Sato",
                "customer_id": 77,
                "covers_order": True,
                "updated_at": app.clock(),
                "lines": LINES,
            }
            | changes
        )
        with app.db.writing() as work:
            pickup = service.request_pickup(work, SHOP, order, at=app.clock())
        assert pickup
        return pickup

    return arrive


def id_token(app: Handcart, *, shop: str = SHOP, user: str = "7") -> str:
    """What App Bridge gives a page in this shop's admin."""
    now = int(app.clock().timestamp())
    claims = {
        "iss": f"https://{shop}/admin",
        "dest": f"https://{shop}",
        "aud": app.settings.api_key,
        "sub": user,
        "nbf": now,
        "exp": now + 60,
        "iat": now,
        "jti": "1",
        "sid": "1",
    }
    key = app.settings.api_secret.encode().ljust(32, b"\0")
    return jwt.encode(claims, key, "HS256")


@dataclass
class Admin:
    """A merchant's browser: pages by token in the address, taps by fetch with a Bearer token."""

    app: Handcart
    client: FlaskClient
    answers: list[TestResponse] = field(default_factory=list)

    def open(self, path: str, **query: Any) -> TestResponse:
        query |= {"id_token": id_token(self.app), "shop": SHOP, "host": "YWRtaW4", "embedded": "1"}
        return self.client.get(path, query_string=query, headers={"Accept": "text/html"})

    def fetch(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=self._bearer() | headers)

    def tap(self, path: str, htmx: bool = True, **form: str) -> TestResponse:
        extra = {"HX-Request": "true"} if htmx else {}
        return self.client.post(path, data=form, headers=self._bearer() | extra)

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {id_token(self.app)}", "Accept": "text/html"}


@pytest.fixture
def admin(app: Handcart) -> Admin:
    return Admin(app, app.flask.test_client())
