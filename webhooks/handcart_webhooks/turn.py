"""The turn of one delivery: its row in the inbox, and the handler that its topic has here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from handcart.delivery import Delivery

from .handlers import HANDLERS, Handler, Told
from .inbox import read_delivery
from .packing import unpack

if TYPE_CHECKING:
    from handcart.app import Handcart


@dataclass(frozen=True, slots=True)
class Turn:
    """``handler`` is None for a topic that only developers' handlers hear of, or nobody."""

    row: Any
    delivery: Delivery
    handler: Handler | None

    @classmethod
    def of(cls, row: Any) -> Turn:
        delivery = read_delivery(row)
        return cls(row, delivery, HANDLERS.get(delivery.topic))

    @property
    def ids(self) -> dict[str, str]:
        delivery = self.delivery
        ids = {"shop": delivery.shop, "webhook_id": delivery.webhook_id}
        return {**ids, "topic": delivery.topic}

    @property
    def shares(self) -> bool:
        """Whether its commit may hold others: it asks nobody, and fails for nobody's sake."""
        handler = self.handler
        return handler is None or not (handler.fetch or handler.alone)

    @property
    def erases_shop(self) -> bool:
        return self.handler is not None and self.handler.erases_shop

    def told(self, app: Handcart) -> Told:
        """What the delivery says; raises BadInput, or what the platform answered when asked."""
        handler, delivery = self.handler, self.delivery
        body = unpack(self.row, app.keyring)
        if body is not delivery.body:
            delivery = replace(delivery, body=body)
        if handler is None:
            return Told(delivery, None)
        says = handler.parse(body)
        if handler.fetch:
            says = handler.fetch(app.platform(delivery.shop), says)
        return Told(delivery, says)
