"""Bodies of deliveries that are no longer kept."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, update

from .inbox import deliveries


def empty(work: Connection, shop: str, webhook_ids: Sequence[str]) -> None:
    """That these deliveries came is all that is still known of them."""
    for webhook_id in webhook_ids:
        work.execute(
            update(deliveries)
            .where(deliveries.c.shop == shop, deliveries.c.webhook_id == webhook_id)
            .values(body=b"", resource=f"webhook:{webhook_id}")
        )
