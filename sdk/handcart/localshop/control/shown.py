"""The shop's insides in the words of the JSON API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ...errors import BadInput
from .. import inventory
from ..catalogue import full_title
from ..envelope import Delivery
from ..faults import Rule
from ..site import here
from ..world import Order, World


def state() -> dict[str, Any]:
    """Who is here, what is there and what happened; hold ``world.lock``."""
    shop = here()
    world = shop.world
    grant = world.grants.get(shop.app.client_id)
    return {
        "shop": world.shop.domain,
        "url": shop.url,
        "seed": world.seed,
        "now": world.clock.now().isoformat(),
        "installed": grant is not None,
        "scopes": list(grant.scopes) if grant else [],
        "carts": len(world.carts),
        "unsettled_deliveries": shop.deliveries.unsettled(),
        "locations": [{"id": one.id, "name": one.name} for one in inventory.active(world)],
        "customers": [{"id": one.id, "email": one.email} for one in world.customers.values()],
        "staff": [{"id": one.id, "name": one.name, "pin": one.pin} for one in world.staff.values()],
        "orders": [_order(world, one) for one in world.orders.values()],
        "stock": _stock(world),
    }


def _order(world: World, order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "name": order.name,
        "token": order.token,
        "cart_token": order.cart_token,
        "customer_id": order.customer_id,
        "email": order.email,
        "source": order.source_name,
        "total": order.total,
        "fulfillment_status": order.fulfillment_status,
        "cancelled": order.cancelled_at is not None,
        "fulfillment_orders": [
            {
                "id": each.id,
                "location_id": each.location_id,
                "method": each.method,
                "status": each.status,
                "prepared": each.prepared_at is not None,
            }
            for each in world.fulfillment_orders_of(order.id)
        ],
    }


def _stock(world: World) -> list[dict[str, Any]]:
    return [
        {
            "variant_id": variant.id,
            "inventory_item_id": variant.inventory_item_id,
            "product": world.products[variant.product_id].handle,
            "title": full_title(world, variant),
            "available": {
                str(level.location_id): level.available
                for level in world.levels.values()
                if level.inventory_item_id == variant.inventory_item_id
            },
        }
        for variant in world.variants.values()
    ]


def delivery(one: Delivery, *, whole: bool = False) -> dict[str, Any]:
    """A line of the list; ``whole`` adds headers and body."""
    shown: dict[str, Any] = {
        "webhook_id": one.webhook_id,
        "event_id": one.event_id,
        "topic": one.topic,
        "url": one.url,
        "state": one.state,
        "emitted_at": one.emitted_at.isoformat(),
        "due_at": one.due_at.isoformat(),
        "retries": one.retries,
        "faults": list(one.faults),
        "attempts": [{**asdict(each), "at": each.at.isoformat()} for each in one.attempts],
    }
    if whole:
        shown |= {"headers": dict(one.headers), "body": one.body.decode()}
    return shown


def faults() -> dict[str, Any]:
    return {"rules": [asdict(rule) for rule in here().faults.rules]}


def rule(given: Any) -> Rule:
    """One rule of a JSON body; BadInput for a field that there is not."""
    if not isinstance(given, dict):
        raise BadInput("rule_unclear", "a rule is an object with a fault and its limits")
    try:
        return Rule(**given)
    except TypeError as error:
        raise BadInput("rule_unclear", str(error).replace("Rule.__init__() ", "")) from None
