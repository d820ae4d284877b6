"""How draft orders answer."""

from __future__ import annotations

from .readers import Reader, number

DRAFT_ORDER: dict[str, Reader] = {
    "id": number("DraftOrder"),
    "order": lambda draft, call: call.world.orders.get(draft.order_id or 0),
    "status": lambda draft, call: "COMPLETED" if draft.order_id else "OPEN",
}
