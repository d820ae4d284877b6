"""Jobs and timers: work whose time is known beforehand, kept as tasks like all other work.

A slot of a job is a task whose key is made of the job and the slot, so it is added once, whichever
process comes first and however its clock jumps.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .crash import crash_point
from .injection import Wired
from .platform.port import Admin, Platform
from .schedule import Schedule, Slot
from .shops.model import Shop
from .shops.store import live
from .storage import Database, add_task

# The shop of what belongs to no shop: the app's own jobs.
APP = ""
# So many tasks are added in one transaction, and no more, so that others can write.
_TOGETHER = 100
# So many shops take their turn at once, the next so much later: else ten thousand shops would
# all be served on the hour, and whatever else is to be done would wait behind them.
_AT_ONCE = 10
_TURN = timedelta(seconds=2.5)


@dataclass(frozen=True, slots=True)
class Timer:
    """A one-off timer that has gone off: what it is ``about``, and when it was due."""

    key: str
    about: Mapping[str, Any]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """A function and when it is due; it runs for every shop if it asks for anything of a shop."""

    wired: Wired
    schedule: Schedule

    @property
    def name(self) -> str:
        return self.wired.name

    @property
    def of_shops(self) -> bool:
        return bool({Shop, Admin, Platform} & set(self.wired.wants.values()))

    def key(self, slot: Slot) -> str:
        """The same for the same job and slot in every process."""
        return f"job:{hashlib.sha256(self.name.encode()).hexdigest()[:16]}:{slot.name}"


@dataclass(frozen=True, slots=True)
class _Due:
    job: Job
    shop: str
    slot: Slot
    at: datetime


class Timetable:
    """``step()`` adds the tasks of every slot that has begun and returns how many those are."""

    def __init__(
        self, db: Database, *, jobs: Callable[[], Sequence[Job]], clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._jobs = jobs
        self._clock = clock
        self._looked_at: datetime | None = None
        self._added: dict[tuple[str, str], Slot] = {}
        self._looking = threading.Lock()

    def step(self) -> int:
        """Look once in each minute of the clock, forwards or backwards; slots begin on minutes."""
        at = self._clock()
        minute = at.replace(second=0, microsecond=0)
        if minute == self._looked_at or not self._looking.acquire(blocking=False):
            return 0
        try:
            added = sum(self._add(some, at) for some in _batches(self._due(at)))
            self._looked_at = minute
            return added
        finally:
            self._looking.release()

    def _due(self, at: datetime) -> list[_Due]:
        jobs = self._jobs()
        due = [
            _Due(job, APP, job.schedule.slot(at, zone="UTC"), at)
            for job in jobs
            if not job.of_shops
        ]
        ours = [job for job in jobs if job.of_shops]
        for place, shop in enumerate(self._live_shops() if ours else ()):
            turn = at + place // _AT_ONCE * _TURN
            slots = ((job, job.schedule.slot(at, zone=shop.time_zone)) for job in ours)
            # What was due before the shop came was not due for it.
            due += [
                _Due(job, shop.domain, slot, turn)
                for job, slot in slots
                if slot.at >= shop.installed_at
            ]
        return [one for one in due if self._added.get((one.job.name, one.shop)) != one.slot]

    def _live_shops(self) -> Sequence[Shop]:
        with self._db.reading() as view:
            return live(view)

    def _add(self, due: Sequence[_Due], at: datetime) -> int:
        with self._db.writing() as work:
            for one in due:
                add_task(
                    work,
                    one.shop,
                    one.job.name,
                    {"slot": one.slot.name},
                    at=at,
                    kind="job",
                    resource=f"job:{one.job.name}"[:200],
                    due_at=one.at,
                    key=one.job.key(one.slot),
                )
            crash_point("slot_added")
        self._added.update({(one.job.name, one.shop): one.slot for one in due})
        return len(due)


def _batches(due: Sequence[_Due]) -> Iterator[Sequence[_Due]]:
    return (due[n : n + _TOGETHER] for n in range(0, len(due), _TOGETHER))
