"""Orders in the state that a page needs, made over HTTP and by the app's own use cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from handcart.pickups import Pickup, service
from handcart.testing import Street

SHOP = "juniper-tea.myshopify.com"
_STAFF = "manager:1"


@dataclass(frozen=True)
class Ordered:
    """An order, and where its shopper follows it."""

    number: int
    token: str
    pickup_page: str


def order(
    street: Street,
    lines: Mapping[str, int],
    *,
    store: str,
    state: str = "requested",
    email: str = "mira@example.com",
) -> Ordered:
    """Buy ``lines`` (SKU to quantity) for pickup at ``store``, and bring that to ``state``."""
    world = street.shop.world
    shopper = street.browser()
    shopper.sign_in(email, "tea")
    variants = {one.sku: one.id for one in world.variants.values()}
    for sku, quantity in lines.items():
        assert shopper.add(variants[sku], quantity)
    place = next(one.id for one in world.locations.values() if one.name == store)
    token = shopper.buy_for_pickup(place)
    street.settle()
    bring_to(street, token, state)
    street.settle()
    link = shopper.ask("pickup", order=token)["url"]
    return Ordered(max(world.orders), token, link)


def bring_to(street: Street, token: str, state: str) -> None:
    """Do at the counter what leads a requested pickup to ``state``."""
    app = street.app
    pickup = _find(street, token)
    with app.db.writing() as work:
        if state in ("ready", "collected"):
            service.mark_ready(work, SHOP, pickup.pickup_id, by=_STAFF, at=app.clock())
        if state == "collected":
            service.hand_over(
                work,
                SHOP,
                pickup.pickup_id,
                code=None,
                keyring=app.keyring,
                by=_STAFF,
                at=app.clock(),
            )
        if state == "cancelled":
            service.cancel(
                work, SHOP, pickup.pickup_id, reason="out_of_stock", by=_STAFF, at=app.clock()
            )


def _find(street: Street, token: str) -> Pickup:
    with street.app.db.reading() as view:
        found = service.find_by_order_token(view, SHOP, token)
    assert found is not None, "the order never became a pickup"
    return found
