"""The worker: claims deliveries and gives each its effect, once, in the order of its resource.

The effect and "done" share a commit, so a worker that dies in between leaves both undone and the
next one starts over. What a stranger got wrong goes to the dead letters with its reason; what we
or the platform got wrong is tried again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handcart.crash import crash_point
from handcart.delivery import Delivery
from handcart.errors import BadInput, HandcartError
from handcart.shops import service as shops
from handcart.storage import add_task, attempts, caused_by
from handcart.telemetry import about, failed, span

from . import counters, measures
from .handlers import HANDLERS, Effect, Handler
from .inbox import inbox, read_delivery

if TYPE_CHECKING:
    from handcart.app import Handcart

log = logging.getLogger(__name__)


class _LeaseLost(Exception):
    """Another worker has taken the delivery over; whatever we did must not be committed."""


@dataclass(frozen=True, slots=True)
class Worker:
    """``step()`` handles what is due now and returns how many deliveries that were."""

    app: Handcart

    def step(self) -> int:
        app = self.app
        with app.db.reading() as view:
            due = inbox.next_due(view)
        if due is None or due > app.clock():
            return 0
        with app.db.writing() as work:
            rows = inbox.claim(work, at=app.clock())
        crash_point("claimed")
        for row in app.leases.each(inbox, rows):
            self._handle(row)
        return len(rows)

    def _handle(self, row: Any) -> None:
        delivery = read_delivery(row)
        ids = {"shop": row.shop, "webhook_id": row.webhook_id, "topic": row.topic}
        with (
            about(**ids),
            span("handle", **ids),
            caused_by(row.webhook_id),
            measures.handle_seconds.labels(row.topic).time(),
        ):
            end = self._try(row, delivery)
        counters.handled.labels(row.topic, end).inc()

    def _try(self, row: Any, delivery: Delivery) -> str:
        """Handle the delivery and say how that ended."""
        try:
            return self._give_effect(row, delivery)
        except BadInput as error:
            return self._bury(row, f"{error.code}: {error}")
        except _LeaseLost:
            return "taken_over"
        except Exception as error:
            return self._try_later(row, error)

    def _give_effect(self, row: Any, delivery: Delivery) -> str:
        handler = HANDLERS.get(delivery.topic)
        if refusal := self._refusal(delivery, handler):
            return self._bury(row, refusal)
        parsed = handler.parse(delivery.body) if handler else None
        if handler and handler.fetch:
            parsed = handler.fetch(self.app.platform(delivery.shop), parsed)
        with self.app.db.writing() as work:
            effect = Effect(work, delivery, self.app.clock())
            if handler:
                handler.apply(effect, parsed)
                crash_point("effect")
            self._tell_developers(effect, resource=row.resource)
            erased = handler is not None and handler.erases_shop
            if not inbox.done(work, row, at=effect.at) and not erased:
                raise _LeaseLost
            crash_point("done")
        crash_point("committed")
        return "done"

    def _refusal(self, delivery: Delivery, handler: Handler | None) -> str | None:
        """Why the delivery rests with the dead letters, from where it can be released."""
        if handler is None and delivery.topic not in self.app.webhooks:
            return "topic_unknown: no handler for this topic"
        if handler and handler.after_uninstall:
            return None
        with self.app.db.reading() as view:
            standing = shops.standing(view, delivery.shop)
        return None if standing == "installed" else f"shop_{standing}: not handled for this shop"

    def _tell_developers(self, effect: Effect, *, resource: str) -> None:
        """Each handler of a developer's is a task of its own, in the order of the resource."""
        delivery = effect.delivery
        for wired in self.app.webhooks.get(delivery.topic, ()):
            add_task(
                effect.work,
                effect.shop,
                wired.name,
                {"topic": delivery.topic, "webhook_id": delivery.webhook_id},
                at=effect.at,
                kind="handler",
                resource=f"{wired.name}:{resource}"[:200],
            )

    def _bury(self, row: Any, reason: str) -> str:
        code = reason.partition(":")[0]
        log.warning("delivery %s (%s) rests: %s", row.webhook_id, row.topic, code)
        failed(code)
        with self.app.db.writing() as work:
            attempts.bury(work, inbox, row, at=self.app.clock(), reason=reason)
        return "dead"

    def _try_later(self, row: Any, error: Exception) -> str:
        code = error.code if isinstance(error, HandcartError) else type(error).__name__
        if not isinstance(error, HandcartError):
            log.exception("delivery %s (%s) failed", row.webhook_id, row.topic)
        failed(code)
        with self.app.db.writing() as work:
            attempts.fail(work, inbox, row, at=self.app.clock(), reason=f"{code}: {error}")
        return "failed"
