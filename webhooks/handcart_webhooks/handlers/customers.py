"""Customers: two of them become one."""

from __future__ import annotations

from handcart.carts import service as carts
from handcart.households import merging as households
from handcart.pickups import service as pickups
from handcart.shoppers import service as shoppers
from handcart.watches import service as watches

from ..payloads.customers import Merge, parse_merge
from .handler import Effect, Handler, each

# Households last: their lines are in the carts.
_ROOMS = (carts, pickups, watches, households)


def customers_merged(effect: Effect, merge: Merge) -> None:
    """What was of the customer who is gone is the other's, in every room; once."""
    if not merge.done:
        return
    kept_id = shoppers.merge_customer(
        effect.work, effect.shop, kept_id=merge.kept_id, gone_id=merge.gone_id, at=effect.at
    )
    if kept_id is None:
        return
    for room in _ROOMS:
        room.merge_customer(
            effect.work, effect.shop, kept_id=kept_id, gone_id=merge.gone_id, at=effect.at
        )


HANDLERS = [Handler("customers/merge", parse_merge, each(customers_merged), alone=True)]
