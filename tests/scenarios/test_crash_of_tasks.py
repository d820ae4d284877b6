"""The process is killed while it carries out tasks, keeps time or renews a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from example_app import create_handcart
from handcart import Handcart, Settings, crash
from handcart.localshop import orders as sales
from handcart.localshop.world import OrderLine, Pickup
from handcart.pickups import service as pickups
from handcart.shops import service as shops
from handcart.shops import store as installations
from handcart.storage import metadata
from handcart.storage.outbox import tasks
from handcart_webhooks.reconcile import KINDS, Reconciliation

from .killable import KillableStreet, killable_street
from .story import SHOP

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillableStreet]:
    with killable_street(tmp_path_factory.mktemp("street")) as street:
        yield street


@contextmanager
def beside(street: KillableStreet) -> Iterator[Handcart]:
    """The same app in this process while the other rests, to give it something to do."""
    street.process.stop()
    app = create_handcart(Settings.from_env(street.env))
    app.engine.steps()
    try:
        yield app
    finally:
        app.close()


def order_a_pickup(street: KillableStreet) -> int:
    world = street.shop.world
    place = min(world.locations)

    def in_stock(variant_id: int) -> int:
        return world.levels[world.variants[variant_id].inventory_item_id, place].available

    order = sales.place(
        world,
        lines=[OrderLine(max(world.variants, key=in_stock), 1)],
        customer_id=min(world.customers),
        email="shopper@example.com",
        delivery=Pickup(place),
    )
    street.settle()
    return order.id


def hand_over(app: Handcart, order_id: int) -> None:
    """Staff prepared the goods and gave them to the shopper: two calls wait in the outbox."""
    pickup = metadata.tables["pickups"]
    at = app.clock()
    with app.db.writing() as work:
        found = work.scalar(select(pickup.c.pickup_id).where(pickup.c.order_id == order_id))
        assert found is not None
        pickups.mark_ready(work, SHOP, found, by="staff:1", at=at)
        pickups.hand_over(work, SHOP, found, code=None, keyring=app.keyring, by="staff:1", at=at)


def nothing_more(app: Handcart) -> None:
    """The two calls are enough to get to the point."""


def let_the_token_end(app: Handcart) -> None:
    with app.db.writing() as work:
        was = shops.installation_of(work, SHOP)
        installations.change(work, was, expires_at=app.clock() - timedelta(minutes=1))


def set_timers(app: Handcart) -> None:
    """One for each resource that is swept."""
    with app.db.reading() as view:
        shop = shops.shop_of(view, SHOP)
    Reconciliation(app).hourly(shop, app.clock())


def forget_the_slots(app: Handcart) -> None:
    with app.db.writing() as work:
        work.execute(tasks.delete().where(tasks.c.key.startswith("job:")))


FIRST: dict[str, Callable[[Handcart], None]] = {
    **dict.fromkeys(crash.CARRYING, nothing_more),
    "timer_fired": set_timers,
    "slot_added": forget_the_slots,
    "token_renewed": let_the_token_end,
    "token_stored": let_the_token_end,
}


@pytest.mark.parametrize("point", [*crash.CARRYING, *crash.KEEPING_TIME])
def test_a_kill_while_a_task_is_carried_out_loses_and_doubles_nothing_on_the_platform(
    street: KillableStreet, point: str
) -> None:
    order_id = order_a_pickup(street)
    began = datetime.now(UTC)
    with beside(street) as app:
        FIRST[point](app)
        hand_over(app, order_id)
    street.process.start(HANDCART_CRASH_AT=f"{point}:1")
    assert street.process.wait_for_death() == -9
    street.process.start()
    street.settle()
    assert handed_out(street, order_id) == [1]
    assert ends_of_tasks(street) == {"done"}
    assert sweeps_since(street, began) == (len(KINDS) if point == "timer_fired" else 0)
    assert slots(street) >= 1


def handed_out(street: KillableStreet, order_id: int) -> list[int]:
    """How much of the order the platform says left the shop, once for each time it was told."""
    parts = street.shop.world.fulfillments.values()
    return [
        sum(line.quantity for line in part.lines) for part in parts if part.order_id == order_id
    ]


def ends_of_tasks(street: KillableStreet) -> set[str]:
    now = datetime.now(UTC)
    with street.db.reading() as view:
        return set(view.scalars(select(tasks.c.state).where(tasks.c.due_at <= now)))


def sweeps_since(street: KillableStreet, began: datetime) -> int:
    sweeps = metadata.tables["sweeps"]
    ended = select(func.count()).where(sweeps.c.started_at >= began, sweeps.c.ended_at.is_not(None))
    with street.db.reading() as view:
        return view.scalar(ended.select_from(sweeps)) or 0


def slots(street: KillableStreet) -> int:
    with street.db.reading() as view:
        found = select(func.count()).where(tasks.c.key.startswith("job:"))
        return view.scalar(found.select_from(tasks)) or 0
