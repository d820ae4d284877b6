"""The engine: receiver, committer and worker, put together for one app."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import click
from flask import Blueprint, Flask
from sqlalchemy import Connection

from handcart.crew import Step
from handcart.delivery import Delivery
from handcart.storage.queue import Queue

from . import broker, inbox, status
from .blueprint import receiving
from .committer import Committer, Keeper
from .door import Door
from .edge import Edge
from .forgetting import forget_in_bodies
from .handlers import HANDLERS
from .lapsing import Lapsing
from .receive import Receiver
from .reconcile import Reconciliation
from .retention import Retention
from .worker import Worker

if TYPE_CHECKING:
    from handcart.app import Handcart


class Engine:
    """What ``Handcart.engine`` finds by its entry point; see the protocol in ``handcart.app``."""

    def __init__(self, app: Handcart) -> None:
        self._app = app
        self._worker = Worker(app)
        self._publisher: broker.Publisher | None = None
        self._consumer: broker.Consumer | None = None

    @staticmethod
    def commands() -> Sequence[click.Command]:
        """What the command line offers beside Handcart's own."""
        from .commands import COMMANDS

        return COMMANDS

    def topics(self) -> Collection[str]:
        return HANDLERS.keys()

    def steps(self) -> Sequence[Step]:
        Reconciliation(self._app).schedule()
        Retention(self._app).schedule()
        Lapsing(self._app).schedule()
        return [self._worker.step]

    def start(self) -> None:
        """Read what the broker took in, if there is one in front of the inbox."""
        if self._app.settings.receive_via and self._consumer is None:
            self._consumer = broker.make_consumer(self._app)
            self._consumer.start()

    def stop(self) -> None:
        """Read no more; what is in hand is kept first."""
        if self._consumer:
            self._consumer.stop()
            self._consumer = None

    def asgi(self, pages: Flask) -> Edge:
        """Receives webhooks; ``pages`` get everything else. The app lives while it is served."""
        keeper = self._keeper()
        status.add_to(pages, self._app, receives=self._receives)
        return Edge(Door(self._receiver(), keeper), committer=keeper, app=self._app, pages=pages)

    def blueprint(self) -> Blueprint:
        """Receives webhooks in a Flask app of somebody's own, who starts and stops the app."""
        return receiving(Door(self._receiver(), self._keeper()))

    def _receiver(self) -> Receiver:
        settings = self._app.settings
        return Receiver(
            secrets=settings.api_secrets, max_body=settings.max_body, clock=self._app.clock
        )

    def _receives(self) -> bool | None:
        """Whether the broker reads what is published; None when there is none in front."""
        return self._publisher.ready if self._publisher else None

    def _keeper(self) -> Keeper:
        """What makes a delivery durable before it is acknowledged: the broker, or the inbox."""
        if address := self._app.settings.receive_via:
            self._publisher = broker.make_publisher(address)
            return self._publisher
        return Committer(self._app.db, committed=self._work)

    def _work(self) -> None:
        """Deliveries were kept: nobody but the worker has anything to do with them yet."""
        self._app.crew.wake(self._worker.step)

    def unfinished(self, view: Connection) -> int:
        return inbox.inbox.count_due(view, at=self._app.clock())

    def queues(self) -> Sequence[Queue]:
        return [inbox.inbox]

    def take_back(self, work: Connection) -> None:
        inbox.inbox.take_back(work)

    def delivery(self, shop: str, webhook_id: str) -> Delivery:
        with self._app.db.reading() as view:
            return inbox.find(view, shop, webhook_id)

    def forget_in_bodies(self, shop: str, webhook_id: str) -> None:
        forget_in_bodies(self._app, shop, webhook_id)

    def counts(self, shop: str) -> dict[str, int]:
        """How many deliveries of the shop are in each state."""
        with self._app.db.reading() as view:
            return inbox.count_by_state(view, shop)

    def shop_installed(self, shop: str) -> None:
        """Deliveries that came before the installation was known are tried again."""
        with self._app.db.writing() as work:
            for reason in ("shop_unknown", "shop_uninstalled"):
                inbox.release(work, shop, reason=reason, at=self._app.clock())
