"""One day in the shop, told the same way each time, and what is true at its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from handcart.carts import store as carts
from handcart.localshop import orders as sales
from handcart.localshop.world import OrderLine
from handcart.pickups import service as pickups
from handcart.pickups.codes import code_for
from handcart.storage import Database, metadata
from handcart.testing import Street

SHOP = "juniper-tea.myshopify.com"


def tell(street: Street, settle: Callable[[Street], None] = Street.settle) -> None:
    """Two devices fill one cart; one order is collected, one cancelled; the till sells."""
    world = street.shop.world
    store = min(world.locations)
    one, two, three, *_ = street.variants()
    shopper = world.customers[min(world.customers)]
    phone, laptop = street.browser(), street.browser()
    phone.add(one, 2)
    phone.sign_in(shopper.email, "tea")
    laptop.add(two, 1)
    laptop.sign_in(shopper.email, "tea")
    phone.sync()
    laptop.set(one, 3)
    settle(street)
    phone.sync()
    laptop.buy_for_pickup(store)
    settle(street)
    phone.sync()
    phone.add(three, 1)
    settle(street)
    guest = street.browser()
    guest.add(two, 1)
    guest.buy_for_pickup(store, email="guest@example.com")
    settle(street)
    _serve(street, settle)
    sales.sell_in_store(
        world, lines=[OrderLine(three, 2)], location_id=store, staff_id=min(world.staff)
    )
    settle(street)
    phone.sync()
    laptop.sync()
    settle(street)


def _serve(street: Street, settle: Callable[[Street], None]) -> None:
    """The first pickup is handed over and the second cancelled."""
    app = street.app
    with app.db.reading() as view:
        waiting = view.execute(
            select(metadata.tables["pickups"]).order_by(metadata.tables["pickups"].c.order_id)
        ).all()
    (first, generation), (second, _) = ((row.pickup_id, row.generation) for row in waiting)
    with app.db.writing() as work:
        pickups.mark_ready(work, SHOP, first, by="staff:1", at=app.clock())
    settle(street)
    with app.db.writing() as work:
        code = code_for(app.keyring, SHOP, first, generation=generation)
        pickups.hand_over(
            work, SHOP, first, code=code, keyring=app.keyring, by="staff:1", at=app.clock()
        )
        pickups.cancel(work, SHOP, second, reason="damaged", by="staff:1", at=app.clock())
    settle(street)


def end_state(street: Street) -> dict[str, Any]:
    """What a person would call the result, without ids and times that differ each day."""
    return {**what_we_know(street.app.db), **what_the_shop_knows(street)}


def what_we_know(db: Database) -> dict[str, Any]:
    pickup, level = metadata.tables["pickups"], metadata.tables["levels"]
    with db.reading() as view:
        return {
            "pickups": sorted(
                (row.order_name, row.state, row.location_id) for row in view.execute(select(pickup))
            ),
            "levels": sorted(
                (row.inventory_item_id, row.location_id, row.available)
                for row in view.execute(select(level))
            ),
            "carts": _carts(view),
        }


def _carts(view: Any) -> list[Any]:
    table = metadata.tables["carts"]
    owners = view.scalars(select(table.c.owner).where(table.c.owner.startswith("customer:")))
    found = [carts.open_cart(view, SHOP, owner) for owner in sorted(set(owners))]
    return [(stored.owner, sorted(stored.cart.quantities().items())) for stored in found if stored]


def what_the_shop_knows(street: Street) -> dict[str, Any]:
    world = street.shop.world
    return {
        "orders": sorted(
            (order.name, order.fulfillment_status, order.cancelled_at is not None)
            for order in world.orders.values()
        ),
        "fulfilled": len(world.fulfillments),
        "stock": sorted(
            (item, place, level.available, level.committed)
            for (item, place), level in world.levels.items()
        ),
    }
