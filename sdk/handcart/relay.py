"""The relay carries out what the outbox holds, after the commit, at least once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle
from typing import Any, Protocol

from . import measures
from .breaker import PutOff
from .crash import crash_point
from .errors import HandcartError, NotFound, PlatformError, TooSlow, UserErrors
from .solitude import Solitude
from .storage import Database, Task, add_task, attempts, caused_by
from .storage.leases import Leases
from .storage.outbox import outbox, put_off, read_task
from .telemetry import about, failed, span

log = logging.getLogger(__name__)


class Carrier(Protocol):
    """Who does the work of each kind of task."""

    def call(self, task: Task) -> None: ...

    def job(self, task: Task) -> None: ...

    def handler(self, task: Task) -> None: ...

    def handlers_of(self, event: str) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Relay:
    """``step()`` carries out what is due now and returns how many tasks that were.

    A task that processes died at is carried out while nothing else is in hand.
    """

    db: Database
    hands: Carrier
    clock: Callable[[], datetime]
    leases: Leases = field(default_factory=Leases)
    solitude: Solitude = field(default_factory=Solitude)
    # Every second claim begins with the youngest, so that no shop waits for all of another's.
    youngest: Iterator[bool] = field(default_factory=lambda: cycle((False, True)))

    def step(self) -> int:
        youngest = next(self.youngest)
        return self.solitude.step(lambda alone: self._carry_out_due(alone, youngest=youngest))

    def _carry_out_due(self, alone: bool, *, youngest: bool) -> int | None:
        """How many tasks were; None when the first should have nothing else beside it."""
        with self.db.reading() as view:
            due = outbox.next_due(view)
        if due is None or due > self.clock():
            return 0
        at = self.clock()
        with self.db.writing() as work:
            rows = attempts.claim(work, outbox, at=at, limit=4, alone=alone, youngest=youngest)
        if rows is None:
            return None
        crash_point("task_claimed")
        for row in self.leases.each(outbox, rows):
            self._carry_out(row)
        return len(rows)

    def _carry_out(self, row: Any) -> None:
        task = read_task(row)
        ids = {"shop": row.shop, "task": row.key, "name": row.name}
        ids |= {"webhook_id": row.cause} if row.cause else {}
        with (
            about(**ids),
            span(task.kind, **ids),
            caused_by(task.cause),
            measures.task_seconds.labels(task.kind).time(),
        ):
            end = self._try(row, task)
        measures.tasks_tried.labels(task.kind, end).inc()

    def _try(self, row: Any, task: Task) -> str:
        """Carry the task out and say how that ended: done, failed, put off or dead."""
        if attempts.is_given_up(row):
            return self._end_badly(row, attempts.bury, attempts.GIVEN_UP)
        try:
            if task.kind == "event":
                self._tell(row, task)
                return "done"
            crash_point("task_sending")
            self._by_kind[task.kind](task)
            crash_point("task_sent")
        except PutOff as pause:
            return self._put_off(row, pause.until)
        except UserErrors as error:
            return self._end_badly(row, attempts.bury, f"{error.code}: {error}")
        except (PlatformError, TooSlow) as error:
            return self._end_badly(row, attempts.fail, f"{error.code}: {error}")
        except Exception as error:
            log.exception("task %s (%s %s) failed", task.key, task.kind, task.name)
            return self._end_badly(row, attempts.fail, _reason(error))
        return self._end_well(row)

    @property
    def _by_kind(self) -> Mapping[str, Callable[[Task], None]]:
        hands = self.hands
        return {
            "call": hands.call,
            "job": hands.job,
            "timer": hands.job,
            "handler": hands.handler,
        }

    def _tell(self, row: Any, task: Task) -> None:
        """Give every subscriber a task of its own, so that one that fails repeats alone."""
        with self.db.writing() as work:
            if not outbox.done(work, row, at=self.clock()):
                return
            for name in self.hands.handlers_of(task.name):
                add_task(
                    work,
                    task.shop,
                    name,
                    {"event": task.name, "fields": task.payload},
                    at=self.clock(),
                    kind="handler",
                    resource=f"{name}:{task.resource}"[:200],
                )

    def _end_well(self, row: Any) -> str:
        with self.db.writing() as work:
            ended = outbox.done(work, row, at=self.clock())
            crash_point("task_marked")
        crash_point("task_committed")
        return "done" if ended else _taken_over(row)

    def _put_off(self, row: Any, until: datetime) -> str:
        with self.db.writing() as work:
            if put_off(work, row, until=until):
                return "put_off"
        return _taken_over(row)

    def _end_badly(self, row: Any, how: Callable[..., bool], reason: str) -> str:
        failed(reason.partition(":")[0])
        with self.db.writing() as work:
            if how(work, outbox, row, at=self.clock(), reason=reason):
                return "dead" if how is attempts.bury else "failed"
        return _taken_over(row)


def _taken_over(row: Any) -> str:
    log.warning("task %s was taken over before it ended", row.key)
    return "taken_over"


def _reason(error: Exception) -> str:
    code = error.code if isinstance(error, HandcartError) else type(error).__name__
    return f"{code}: {error}"


def no_such(kind: str, name: str) -> NotFound:
    """The error of a task whose code is gone: it rests until the code is back."""
    return NotFound(f"{kind}_unknown", f"nothing here carries out the {kind} {name}")
