"""News in the state that a page needs: handled, waiting, resting, of several kinds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson

from handcart import Handcart
from handcart.delivery import Delivery
from handcart.storage import add_task, attempts, caused_by
from handcart.storage.outbox import outbox, tasks
from handcart_webhooks.inbox import accept
from handcart_webhooks.worker import Worker

SHOP = "juniper-tea.myshopify.com"
LEVEL = {
    "inventory_item_id": 11,
    "location_id": 31,
    "available": 3,
    "updated_at": "2026-11-23T10:00:00+02:00",
}
CART = {
    "id": "a-cart-token",
    "token": "a-cart-token",
    "email": "mina@example.com",
    "line_items": [{"variant_id": 501, "quantity": -1, "title": "Gyokuro"}],
    "updated_at": "2026-11-23T10:00:00+02:00",
}


def tell(app: Handcart, topic: str, payload: Any, webhook_id: str, *, shop: str = SHOP) -> None:
    """One more piece of news lies in the inbox."""
    at = app.clock()
    delivery = Delivery(
        shop=shop,
        topic=topic,
        webhook_id=webhook_id,
        event_id=None,
        api_version="2026-10",
        triggered_at=at - timedelta(seconds=1),
        received_at=at,
        body=orjson.dumps(payload),
    )
    with app.db.writing() as work:
        accept(work, [delivery])


def handle(app: Handcart) -> None:
    """The worker has done what it can; the relay has not begun."""
    worker = Worker(app)
    while worker.step():
        pass


def refused_call(app: Handcart, *, cause: str) -> str:
    """A call to the platform that came of ``cause`` and was refused; its key."""
    at = app.clock()
    payload = {"fulfillment_order_id": 9}
    with app.db.writing() as work:
        with caused_by(cause):
            key = add_task(work, SHOP, "prepare_for_pickup", payload, at=at)
        ours = tasks.c.key == key
        work.execute(tasks.update().where(ours).values(attempts=1))
        row = work.execute(tasks.select().where(ours)).one()
        reason = "user_errors: The order of 'Mina Sato' is closed"
        attempts.bury(work, outbox, row, at=at, reason=reason)
    return key


def busy_day(app: Handcart) -> None:
    """A page with something of everything on it."""
    tell(app, "inventory_levels/update", LEVEL, "level-1")
    for number in (1, 2, 3):
        tell(app, "carts/update", CART, f"cart-{number}")
    tell(app, "themes/publish", {"id": 1}, "theme-1")
    handle(app)
    refused_call(app, cause="level-1")
    tell(app, "orders/create", {"id": 1}, "order-1")
