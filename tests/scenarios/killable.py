"""A shop in this process and the app in others, which can be killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from handcart.localshop import orders as sales
from handcart.localshop.server import LocalShop
from handcart.localshop.world import OrderLine, Pickup
from handcart.storage import Database
from handcart.storage.outbox import outbox
from handcart.testing.street import environment, free_port, install, local_shop, until
from handcart_webhooks.inbox import inbox

from .conftest import TOML, AppProcess
from .story import what_we_know


class KillableStreet:
    """``process`` is the app that the shop knows; ``another()`` shares its database."""

    def __init__(self, shop: LocalShop, env: dict[str, str]) -> None:
        self.shop, self.process = shop, AppProcess(env)
        self.db = Database(env["HANDCART_DATABASE_URL"])
        self.env = env
        self._others: list[AppProcess] = []

    def another(self) -> AppProcess:
        """One more process of the app, that no webhook is sent to."""
        port = str(free_port())
        url = f"http://127.0.0.1:{port}"
        self._others.append(AppProcess({**self.env, "PORT": port, "HANDCART_APP_URL": url}))
        return self._others[-1]

    def settle(self) -> None:
        until(self._quiet, "the street never came to rest", seconds=40)

    def unfinished(self) -> int:
        """How many deliveries and tasks are due and not done."""
        now = datetime.now(UTC)
        with self.db.reading() as view:
            return sum(queue.count_due(view, at=now) for queue in (inbox, outbox))

    def close(self) -> None:
        for process in (self.process, *self._others):
            process.stop()
        self.db.close()

    def _quiet(self) -> bool:
        return self.shop.deliveries.flush(timeout=20) and self.unfinished() == 0


@contextmanager
def killable_street(folder: Path, database_url: str | None = None) -> Iterator[KillableStreet]:
    """The app installed and everything at rest."""
    port = free_port()
    with local_shop(TOML, port=port) as shop:
        env = environment(shop, port=port, folder=folder, database_url=database_url)
        street = KillableStreet(shop, env)
        try:
            street.process.start()
            install(shop)
            street.settle()
            yield street
        finally:
            street.close()


def order_two_pickups(shop: LocalShop) -> None:
    world = shop.world
    place = min(world.locations)
    variant = min(world.variants)
    for quantity in (1, 2):
        sales.place(
            world,
            lines=[OrderLine(variant, quantity)],
            customer_id=min(world.customers),
            email="shopper@example.com",
            cart_token=None,
            delivery=Pickup(place),
            note_attributes=(),
        )


def day_without_a_crash(folder: Path) -> dict[str, Any]:
    """What we know when two pickups were ordered and nobody was killed."""
    with killable_street(folder) as street:
        order_two_pickups(street.shop)
        street.settle()
        return what_we_know(street.db)
