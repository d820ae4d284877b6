"""Customers of the local shop: two of them can become one."""

from __future__ import annotations

from ..errors import BadInput, NotFound
from . import payloads
from .world import World


def merge(world: World, *, kept_id: int, gone_id: int) -> None:
    """Orders of ``gone_id`` are ``kept_id``'s, who is told of as kept; the other is signed out.

    Emits ``customers/merge`` (shopify.dev, customerMerge).
    """
    if kept_id == gone_id:
        raise BadInput("same_customer", "a customer cannot be merged with themselves")
    with world.action():
        for one in (kept_id, gone_id):
            if one not in world.customers:
                raise NotFound("no_such_customer", f"there is no customer {one}")
        for order in world.orders_of(gone_id):
            order.customer_id = kept_id
            order.updated_at = world.stamp(order.updated_at)
        del world.customers[gone_id]
        world.emit("customers/merge", payloads.customers_merge(kept_id, gone_id))
