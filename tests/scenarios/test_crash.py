"""The app is killed between its 200 and the effect, and started again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from handcart.localshop import orders as sales
from handcart.localshop.server import LocalShop
from handcart.localshop.world import OrderLine, Pickup
from handcart.settings import Settings
from handcart.storage import Database
from handcart.storage.outbox import outbox
from handcart.testing.street import environment, free_port, install, local_shop, until
from handcart_webhooks.inbox import inbox

from .conftest import TOML, AppProcess
from .story import what_we_know

pytestmark = pytest.mark.server

POINTS = ["claimed:1", "claimed:2", "effect:1", "effect:3", "done:1", "committed:2"]


class KillableStreet:
    """A shop in this process and the app in another."""

    def __init__(self, shop: LocalShop, process: AppProcess, database: Database) -> None:
        self.shop, self.process, self.db = shop, process, database

    def settle(self) -> None:
        until(self._quiet, "the street never came to rest", seconds=40)

    def _quiet(self) -> bool:
        return self.shop.deliveries.flush(timeout=20) and self._unfinished() == 0

    def _unfinished(self) -> int:
        now = datetime.now(UTC)
        with self.db.reading() as view:
            return sum(queue.count_due(view, at=now) for queue in (inbox, outbox))


@pytest.fixture
def street(tmp_path: Path) -> Iterator[KillableStreet]:
    port = free_port()
    with local_shop(TOML, port=port) as shop:
        env = environment(shop, port=port, folder=tmp_path)
        settings = Settings.from_env(env)
        process = AppProcess(env)
        process.start()
        install(shop)
        database = Database(settings.database_url)
        street = KillableStreet(shop, process, database)
        street.settle()
        yield street
        process.stop()
        database.close()


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


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The end of the same day without a crash."""
    folder = tmp_path_factory.mktemp("clean")
    port = free_port()
    with local_shop(TOML, port=port) as shop:
        env = environment(shop, port=port, folder=folder)
        process = AppProcess(env)
        process.start()
        install(shop)
        database = Database(Settings.from_env(env).database_url)
        street = KillableStreet(shop, process, database)
        street.settle()
        order_two_pickups(shop)
        street.settle()
        state = what_we_know(database)
        process.stop()
        database.close()
    assert [pickup[1] for pickup in state["pickups"]] == ["requested", "requested"]
    return state


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_between_the_answer_and_the_effect_changes_nothing_in_the_end(
    street: KillableStreet, clean: dict[str, Any], point: str
) -> None:
    street.process.stop()
    street.process.start(HANDCART_CRASH_AT=point)
    order_two_pickups(street.shop)
    assert street.process.wait_for_death() == -9
    street.process.start()
    street.shop.advance(4 * 3600)
    street.settle()
    assert what_we_know(street.db) == clean
    assert requests.get(f"{street.process.url}/readyz", timeout=5).json() == {"status": "ready"}
