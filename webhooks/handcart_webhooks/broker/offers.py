"""What was offered for publishing and has not been answered: bounded, and never for long.

Whoever offers a delivery is answered exactly once and within ``patience``, whatever the thread
that speaks to the broker is held up by.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from handcart.delivery import Delivery

from ..committer import Answer

log = logging.getLogger(__name__)


class NotConfirmed(Exception):
    """The broker did not confirm the message; ``outcome`` says what it did instead."""

    def __init__(self, outcome: str) -> None:
        super().__init__(f"the broker did not confirm: {outcome}")
        self.outcome = outcome


@dataclass(slots=True, eq=False)
class Offer:
    """A delivery to be published by ``deadline`` (of the monotonic clock).

    ``refusals`` counts how often its queue would not take it.
    """

    delivery: Delivery
    answer: Answer
    deadline: float
    refusals: int = 0


class Offers:
    """At most ``room`` offers, and ``space`` bytes of bodies, are open at a time."""

    def __init__(
        self, *, room: int, space: int, patience: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._room, self._space, self._patience = room, space, patience
        self._lock = threading.Lock()
        self._open: dict[Offer, None] = {}  # the oldest first
        self._waiting: deque[Offer] = deque()
        self._bytes = 0

    def add(self, delivery: Delivery, answer: Answer) -> bool:
        """Take it, or say False at once when there is no room."""
        size = len(delivery.body)
        with self._lock:
            full = len(self._open) >= self._room or self._bytes + size > self._space
            if full and self._open:
                return False
            offer = Offer(delivery, answer, self._clock() + self._patience)
            self._open[offer] = None
            self._waiting.append(offer)
            self._bytes += size
        return True

    def take(self, most: int) -> list[Offer]:
        """Those to be published next; what was answered meanwhile is left out."""
        taken: list[Offer] = []
        with self._lock:
            while self._waiting and len(taken) < most:
                offer = self._waiting.popleft()
                if offer in self._open:
                    taken.append(offer)
        return taken

    def put_back(self, offers: Iterable[Offer]) -> None:
        """They were taken first, and go first again."""
        with self._lock:
            self._waiting.extendleft(reversed(list(offers)))

    def answer(self, offer: Offer, failure: Exception | None) -> bool:
        """Tell who offered it, unless that was told already."""
        with self._lock:
            if offer not in self._open:
                return False
            del self._open[offer]
            self._bytes -= len(offer.delivery.body)
        try:
            offer.answer(failure)
        except Exception:
            log.exception("whoever offered a delivery could not be told what became of it")
        return True

    def give_up_overdue(self) -> int:
        """Answer those whose time is up; return how many."""
        now = self._clock()
        with self._lock:
            overdue = []
            for offer in self._open:
                if offer.deadline > now:
                    break
                overdue.append(offer)
        return sum(self.answer(offer, NotConfirmed("timed_out")) for offer in overdue)

    def __len__(self) -> int:
        with self._lock:
            return len(self._open)
