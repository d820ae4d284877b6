"""Work off everything that is due: the inbox, then the outbox, then whatever came of it."""

from __future__ import annotations

from handcart import Handcart
from handcart.jobs import Hands
from handcart.relay import Relay
from handcart_webhooks.worker import Worker


def drain(app: Handcart) -> None:
    worker, relay = Worker(app), Relay(app.db, hands=Hands(app), clock=app.clock)
    while worker.step() or relay.step():
        pass
