"""A shop and an app on this machine, talking over real HTTP: for tests that need all of it.

::

    with open_street(create_handcart, toml=Path("shopify.app.toml"), folder=tmp_path) as street:
        shopper = street.browser()
        shopper.add(street.variants()[0], 2)
        street.settle()
"""

from __future__ import annotations

import html
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import requests

from ..app import Handcart
from ..localshop.config import AppConfig
from ..localshop.seed import seed
from ..localshop.server import LocalShop
from ..pickups import service as pickups
from ..pickups.model import Pickup
from ..pickups.store import waiting
from ..serving import Served
from ..settings import Settings
from .browser import Storefront

SECRETS = "a secret of the tests of no use to anybody"
_PATIENCE = 30.0
_FRAME = re.compile(r'<iframe[^>]*\ssrc="([^"]+)"')


@dataclass
class Street:
    """An open shop that has installed the app; ``url`` is the app's address."""

    shop: LocalShop
    app: Handcart
    url: str
    _browsers: list[Storefront] = field(default_factory=list)

    def browser(self) -> Storefront:
        """A new browser with no cookies, closed when the street is."""
        self._browsers.append(Storefront(self.shop.url))
        return self._browsers[-1]

    def variants(self) -> list[int]:
        """Variants of which the first location has plenty, in the order of their ids."""
        world = self.shop.world
        first = min(world.locations)
        return [
            variant_id
            for variant_id, variant in sorted(world.variants.items())
            if world.levels[variant.inventory_item_id, first].available >= 8
        ]

    def stores(self) -> list[int]:
        """The ids of the locations where shoppers can collect, in their order."""
        return sorted(place.id for place in self.shop.world.locations.values() if place.pickup_time)

    def pickups(self) -> list[Pickup]:
        """Every pickup that waits at a counter, store by store, the oldest first."""
        shop = self.shop.world.shop.domain
        with self.app.db.reading() as view:
            return [one for place in self.stores() for one in waiting(view, shop, place)]

    def mark_ready(self, pickup: Pickup) -> None:
        """Staff have prepared the goods."""
        with self.app.db.writing() as work:
            pickups.mark_ready(
                work,
                self.shop.world.shop.domain,
                pickup.pickup_id,
                by="staff:1",
                at=self.app.clock(),
            )

    def settle(self) -> None:
        """Wait until every webhook had its effect and every task is carried out."""
        until(self._is_quiet, "the street never came to rest")

    def _is_quiet(self) -> bool:
        deliveries = self.shop.deliveries
        if not deliveries.flush(timeout=_PATIENCE):
            return False
        sent = len(deliveries.log())
        return self.app.unfinished() == 0 and len(deliveries.log()) == sent


@contextmanager
def open_street(
    create: Callable[[Settings], Handcart],
    *,
    toml: Path,
    folder: Path,
    database_url: str | None = None,
) -> Iterator[Street]:
    """A shop with the app of ``create`` installed, everything at rest.

    ``toml`` is the app's ``shopify.app.toml``; unless ``database_url`` names another, the
    database is a file in ``folder``.
    """
    port = free_port()
    with local_shop(toml, port=port) as shop:
        env = environment(shop, port=port, folder=folder, database_url=database_url)
        app = create(Settings.from_env(env))
        app.db.migrate()
        street = Street(shop, app, app.settings.app_url)
        try:
            with serving(app, port=port):
                install(shop)
                street.settle()
                yield street
        finally:
            for browser in street._browsers:
                browser.close()
            app.close()


@contextmanager
def local_shop(toml: Path, *, port: int) -> Iterator[LocalShop]:
    """A fresh shop that expects the app on ``port``."""
    config = AppConfig.from_toml(toml, app_url=f"http://127.0.0.1:{port}")
    with LocalShop(seed(1, at=datetime.now(UTC)), config) as shop:
        yield shop


def environment(
    shop: LocalShop, *, port: int, folder: Path, database_url: str | None = None
) -> dict[str, str]:
    """What an app has to be told to work with ``shop``."""
    return {
        "HANDCART_API_KEY": shop.app.client_id,
        "HANDCART_API_SECRET": shop.app.client_secret,
        "HANDCART_APP_URL": f"http://127.0.0.1:{port}",
        "HANDCART_PLATFORM_URL": shop.url,
        "HANDCART_SECRETS": SECRETS,
        "HANDCART_DATABASE_URL": database_url or f"sqlite:///{folder}/handcart.db",
        "PORT": str(port),
    }


@contextmanager
def serving(app: Handcart, *, port: int) -> Iterator[None]:
    """Serve ``app`` from a thread of this process, its worker threads included."""
    served = Served(app.asgi(), host="127.0.0.1", port=port)
    served.start()
    try:
        yield
    finally:
        served.stop()


def install(shop: LocalShop) -> None:
    """Install the app and open it once, as a merchant does in the admin."""
    with requests.Session() as merchant:
        merchant.post(f"{shop.url}/admin/install", timeout=_PATIENCE).raise_for_status()
        merchant.get(app_address(merchant, shop), timeout=_PATIENCE).raise_for_status()


def app_address(merchant: requests.Session, shop: LocalShop, path: str = "") -> str:
    """The signed address of the app's page at ``path``, out of the frame that the admin shows."""
    address = f"{shop.url}/admin/apps/{shop.app.handle}{path}"
    page = merchant.get(address, timeout=_PATIENCE)
    page.raise_for_status()
    frame = _FRAME.search(page.text)
    if frame is None:
        raise LookupError(f"{address} shows no frame")
    return html.unescape(frame[1])


def until(true: Callable[[], bool], otherwise: str, *, seconds: float = _PATIENCE) -> None:
    """Wait until ``true()``, looking often; raises TimeoutError saying ``otherwise``."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(0.02)


def free_port() -> int:
    """A port on loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
