"""Webhooks are lost: one in twenty, or all of them; then the platform is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from example_app import create_handcart
from handcart.localshop import orders as sales
from handcart.localshop.world import OrderLine, Pickup
from handcart.storage import metadata
from handcart.testing import Street, open_street
from handcart_webhooks.reconcile import Reconciliation

from .conftest import TOML
from .story import SHOP, end_state, tell

pytestmark = pytest.mark.server

FACTS = ("PickupRequested", "PickupReady", "PickupCollected", "PickupCancelled", "CartSealed")


def sweep(street: Street) -> int:
    """Ask the platform for everything; return how much no webhook had told."""
    street.settle()
    ended = [one for one in Reconciliation(street.app).now(SHOP) if one.ended_at]
    street.settle()
    return sum(one.repaired for one in ended)


def swept(street: Street) -> None:
    sweep(street)


def facts(street: Street) -> dict[str, int]:
    """How often each fact that must not be doubled was told."""
    tasks = metadata.tables["tasks"]
    counted = select(tasks.c.name, func.count()).where(tasks.c.name.in_(FACTS))
    with street.app.db.reading() as view:
        return {row[0]: row[1] for row in view.execute(counted.group_by(tasks.c.name))}


def send_what_was_lost(street: Street) -> int:
    """Every webhook that was dropped comes after all, the newest first; return how many."""
    lost = [one for one in street.shop.deliveries.log() if one.state == "dropped"]
    for delivery in lost:
        street.shop.deliveries.resend(delivery.webhook_id)
    street.settle()
    return len(lost)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, int]]:
    """How the day ends, and what is told, when no webhook is lost."""
    with open_street(create_handcart, toml=TOML, folder=tmp_path_factory.mktemp("clean")) as street:
        tell(street)
        return end_state(street), facts(street)


@pytest.mark.parametrize("lost", [0.05, 0.3, 1.0])
def test_a_day_of_lost_webhooks_ends_like_the_clean_one_and_late_ones_double_nothing(
    clean: tuple[dict[str, Any], dict[str, int]], tmp_path: Path, lost: float
) -> None:
    state, told = clean
    with open_street(create_handcart, toml=TOML, folder=tmp_path) as street:
        street.shop.faults.add("drop", probability=lost)
        tell(street, settle=swept)
        street.shop.faults.clear()
        sweep(street)
        assert (end_state(street), facts(street)) == (state, told)
        assert send_what_was_lost(street) > 0 or lost < 0.1
        sweep(street)
        assert (end_state(street), facts(street)) == (state, told)
        assert sweep(street) == 0


def test_an_outage_of_a_day_is_made_up_for_by_one_sweep(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    clean = tmp_path_factory.mktemp("clean")
    with open_street(create_handcart, toml=TOML, folder=clean) as street:
        trade(street)
        street.settle()
        state, told = end_state(street), facts(street)
    with open_street(create_handcart, toml=TOML, folder=tmp_path) as street:
        street.shop.faults.add("drop")
        trade(street)
        street.settle()
        assert end_state(street)["pickups"] == []
        street.shop.faults.clear()
        assert sweep(street) > 0
        assert (end_state(street), facts(street)) == (state, told)
        assert send_what_was_lost(street) > 0
        sweep(street)
        assert (end_state(street), facts(street)) == (state, told)


def trade(street: Street) -> None:
    """Three orders for pickup, of which one is cancelled, and a sale in the store."""
    world = street.shop.world
    store = min(world.locations)
    variant, other, *_ = street.variants()
    placed = [
        sales.place(
            world,
            lines=[OrderLine(variant, quantity)],
            customer_id=min(world.customers),
            email="shopper@example.com",
            delivery=Pickup(store),
        )
        for quantity in (1, 2, 1)
    ]
    sales.cancel(world, placed[1].id, reason="customer", restock=True)
    sales.sell_in_store(
        world, lines=[OrderLine(other, 2)], location_id=store, staff_id=min(world.staff)
    )
