"""The worker: claims deliveries and gives each its effect, once, in the order of its resource.

The effect and "done" share a commit, so a worker that dies in between leaves both undone and the
next one starts over. Deliveries that nobody has tried yet share one commit among them, for that
is what costs; when anything goes wrong in it nothing of it happened, and each has its own turn.
What a stranger got wrong goes to the dead letters with its reason; what we or the platform got
wrong is tried again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from handcart.crash import crash_point
from handcart.errors import BadInput, HandcartError
from handcart.shops import service as shops
from handcart.storage import add_tasks, attempts, caused_by, new_task
from handcart.telemetry import about, failed, past_span, span

from . import counters, measures
from .handlers import Apply, Told
from .inbox import inbox
from .turn import Turn

if TYPE_CHECKING:
    from handcart.app import Handcart

log = logging.getLogger(__name__)

Ready = tuple[Turn, Told]

_TOGETHER = 64
# So many workers may die at one delivery before it is given to nobody else.
_DEATHS = 4


class _LeaseLost(Exception):
    """Another worker has taken a delivery over; whatever we did must not be committed."""


@dataclass(frozen=True, slots=True)
class Worker:
    """``step()`` handles what is due now and returns how many deliveries that were.

    A delivery that workers died at is handled while no other is in hand. Of the threads of a
    process one at a time handles what can be handled together: two would have half as much each,
    for twice the commits, and compute by turns.
    """

    app: Handcart
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def step(self) -> int:
        return self.app.solitude.step(self._handle)

    def _handle(self, alone: bool) -> int | None:
        """How many were handled; None when the first of them should have no others beside it."""
        with self.one_at_a_time:
            claimed, others = self._claim_and_share(alone)
        for row in self.app.leases.each(inbox, [turn.row for turn in others.values()]):
            self._alone(others[id(row)])
        return claimed

    def _claim_and_share(self, alone: bool) -> tuple[int | None, Mapping[int, Turn]]:
        """How many were claimed; and those of them, by the id of their row, that take turns."""
        app = self.app
        with app.db.reading() as view:
            due = inbox.next_due(view)
        if due is None or due > app.clock():
            return 0, {}
        with app.db.writing() as work:
            rows = attempts.claim(work, inbox, at=app.clock(), limit=_TOGETHER, alone=alone)
        if rows is None:
            return None, {}
        crash_point("claimed")
        with app.leases.hold(inbox, rows):
            others = self._together([Turn.of(row) for row in rows])
        return len(rows), {id(turn.row): turn for turn in others}

    def _together(self, turns: Sequence[Turn]) -> Sequence[Turn]:
        """Give those that can share a commit their effect in one, and return the others."""
        ready, others = self._sorted(turns)
        if len(ready) < 2:
            return turns
        began, stamp = time.perf_counter(), time.time_ns()
        try:
            self._commit(ready)
        except Exception as error:
            log.warning("%d deliveries take turns: %s", len(ready), type(error).__name__)
            return turns
        took = time.perf_counter() - began
        for turn, _ in ready:
            past_span("handle", stamp, **turn.ids)
            measures.handle_seconds.labels(turn.delivery.topic).observe(took)
            counters.handled.labels(turn.delivery.topic, "done").inc()
        return others

    def _sorted(self, turns: Sequence[Turn]) -> tuple[list[Ready], list[Turn]]:
        """Those whose commit may hold others, with what they say; and those that go alone."""
        with self.app.db.reading() as view:
            installed = shops.installed_among(view, {turn.delivery.shop for turn in turns})
        ready: list[Ready] = []
        others: list[Turn] = []
        for turn in turns:
            try:
                if not turn.shares or self._refusal(turn, installed):
                    others.append(turn)
                else:
                    ready.append((turn, turn.told(self.app)))
            except BadInput:
                others.append(turn)
        return ready, others

    def _alone(self, turn: Turn) -> None:
        topic = turn.delivery.topic
        with (
            about(**turn.ids),
            span("handle", **turn.ids),
            caused_by(turn.delivery.webhook_id),
            measures.handle_seconds.labels(topic).time(),
        ):
            end = self._try(turn)
        counters.handled.labels(topic, end).inc()

    def _try(self, turn: Turn) -> str:
        """Give the delivery its effect and say how that ended."""
        try:
            with self.app.db.reading() as view:
                installed = shops.installed_among(view, {turn.delivery.shop})
                deaths = self._deaths(view, turn)
            if refusal := self._refusal(turn, installed) or deaths:
                return self._bury(turn, refusal)
            self._commit([(turn, turn.told(self.app))])
        except BadInput as error:
            return self._bury(turn, f"{error.code}: {error}")
        except _LeaseLost:
            return "taken_over"
        except Exception as error:
            return self._try_later(turn, error)
        return "done"

    def _commit(self, ready: Sequence[Ready]) -> None:
        """All of their effects, and all of them done; raises, and nothing happened."""
        at = self.app.clock()
        with self.app.db.writing() as work:
            for apply, told in _by_effect(ready):
                apply(work, told, at)
            crash_point("effect")
            self._tell_developers(work, ready, at)
            ended = inbox.done_all(work, [turn.row for turn, _ in ready], at=at)
            erased = any(turn.erases_shop for turn, _ in ready)
            if ended < len(ready) and not erased:
                raise _LeaseLost
            crash_point("done")
        crash_point("committed")

    def _refusal(self, turn: Turn, installed: Collection[str]) -> str | None:
        """Why the delivery rests with the dead letters, from where it can be released."""
        handler, delivery = turn.handler, turn.delivery
        if handler is None and delivery.topic not in self.app.webhooks:
            return "topic_unknown: no handler for this topic"
        if delivery.shop in installed or (handler and handler.after_uninstall):
            return None
        with self.app.db.reading() as view:
            standing = shops.standing(view, delivery.shop)
        return f"shop_{standing}: not handled for this shop"

    def _deaths(self, view: Connection, turn: Turn) -> str | None:
        if turn.row.attempts <= _DEATHS or attempts.deaths(view, inbox, turn.row) < _DEATHS:
            return None
        return "workers_died: no worker outlived it"

    def _tell_developers(self, work: Connection, ready: Sequence[Ready], at: datetime) -> None:
        """Each handler of a developer's is a task of its own, in the order of the resource."""
        add_tasks(
            work,
            [
                _task(wired.name, turn, at)
                for turn, _ in ready
                for wired in self.app.webhooks.get(turn.delivery.topic, ())
            ],
        )

    def _bury(self, turn: Turn, reason: str) -> str:
        code = reason.partition(":")[0]
        log.warning("delivery %s (%s) rests: %s", turn.row.webhook_id, turn.row.topic, code)
        failed(code)
        with self.app.db.writing() as work:
            attempts.bury(work, inbox, turn.row, at=self.app.clock(), reason=reason)
        return "dead"

    def _try_later(self, turn: Turn, error: Exception) -> str:
        code = error.code if isinstance(error, HandcartError) else type(error).__name__
        if not isinstance(error, HandcartError):
            log.exception("delivery %s (%s) failed", turn.row.webhook_id, turn.row.topic)
        failed(code)
        with self.app.db.writing() as work:
            reason = f"{code}: {error}"
            attempts.fail(work, inbox, turn.row, at=self.app.clock(), reason=reason)
        return "failed"


def _by_effect(ready: Sequence[Ready]) -> Iterable[tuple[Apply, list[Told]]]:
    """What each handler is told of at once, in the order in which it came."""
    told: dict[Apply, list[Told]] = {}
    for turn, each in ready:
        if turn.handler:
            told.setdefault(turn.handler.apply, []).append(each)
    return told.items()


def _task(handler: str, turn: Turn, at: datetime) -> Mapping[str, Any]:
    delivery = turn.delivery
    with caused_by(delivery.webhook_id):
        return new_task(
            delivery.shop,
            handler,
            {"topic": delivery.topic, "webhook_id": delivery.webhook_id},
            at=at,
            kind="handler",
            resource=f"{handler}:{turn.row.resource}"[:200],
        )
