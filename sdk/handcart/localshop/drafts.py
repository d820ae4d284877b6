"""Draft orders: made by staff or an app, and placed when they are completed.

shopify.dev, "draftOrderCreate" and "draftOrderComplete": a draft holds no goods; a completed one
is an order like any other, paid at once, and cannot be completed again.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import orders
from .refusals import OutOfStock, Refused
from .world import DraftOrder, OrderLine, Shipping, World


def create(
    world: World,
    *,
    lines: Sequence[OrderLine],
    email: str,
    customer_id: int | None,
    delivery: Shipping,
    free: bool,
    note: str | None = None,
    tags: Sequence[str] = (),
) -> DraftOrder:
    """A draft of goods that are sent; a ``free`` one will cost nothing."""
    with world.action():
        if not lines:
            raise Refused("Add at least 1 product", code="INVALID", field=("lineItems",))
        for line in lines:
            if line.variant_id not in world.variants or line.quantity < 1:
                raise Refused("Product is not available", code="INVALID", field=("lineItems",))
        number = world.next_id("draft_order")
        draft = DraftOrder(
            number, list(lines), email, customer_id, delivery, free, note, tuple(tags)
        )
        world.drafts[number] = draft
        return draft


def complete(world: World, draft_id: int) -> DraftOrder:
    """It is an order from now on."""
    with world.action():
        draft = world.drafts.get(draft_id)
        if draft is None:
            raise Refused("Draft order not found", code="NOT_FOUND", field=("id",))
        if draft.order_id is not None:
            raise Refused("This order has been paid", code="INVALID")
        try:
            order = orders.place(
                world,
                lines=draft.lines,
                email=draft.email,
                customer_id=draft.customer_id,
                delivery=draft.delivery,
                note=draft.note,
                source="shopify_draft_order",
                free=draft.free,
                tags=draft.tags,
            )
        except OutOfStock as none:
            raise Refused(none.message, code="INVALID", field=("lineItems",)) from none
        draft.order_id = order.id
        return draft
