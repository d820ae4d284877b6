"""Kills at random moments and at named points, while a flood goes on."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import func, select

from handcart import crash
from handcart.testing.street import until

from .flood import Flood, News, trade
from .kept import Kept
from .ledger import entries

_POINTS = (*crash.RECEIVING, *crash.HANDLING)


@dataclass
class Storm:
    """``resumes``: seconds from each start to the first effect after it."""

    app: Kept
    seed: int
    longest_life: float = 2.0
    kills: int = 0
    resumes: list[float] = field(default_factory=list)

    def rage(self, flood: Flood, *, kills: int) -> None:
        """The process dies so many times and comes back each time; at the end it lives."""
        dice = random.Random(self.seed)
        for _ in range(kills):
            self._live_and_die(dice)
            self.kills += 1
            began = time.monotonic()
            self._start(dice)
            if not flood.is_over and self.app.process.is_alive:
                self._await_effect(began)
        if not self.app.process.is_alive:
            self.app.process.wait_for_death()
        self.app.process.kill()
        self.app.process.start()

    def _start(self, dice: random.Random) -> None:
        """Every other life ends at a point that has a name, if it gets there in time."""
        point = f"{dice.choice(_POINTS)}:{dice.randint(1, 400)}" if dice.random() < 0.5 else ""
        self.app.process.start(HANDCART_CRASH_AT=point)

    def _live_and_die(self, dice: random.Random) -> None:
        dies_at = time.monotonic() + dice.uniform(0.2, self.longest_life)
        while self.app.process.is_alive and time.monotonic() < dies_at:
            time.sleep(0.01)
        self.app.process.kill()

    def _await_effect(self, began: float) -> None:
        with self.app.looking() as db:

            def entered() -> int:
                with db.reading() as view:
                    return view.scalar(select(func.max(entries.c.entry))) or 0

            before = entered()
            until(
                lambda: entered() > before or not self.app.process.is_alive, "nothing had an effect"
            )
        if self.app.process.is_alive:
            self.resumes.append(time.monotonic() - began)


def endless(seed: int, *, things: int = 2000) -> Iterator[News]:
    """News until nobody takes any more, about so many things that few wait for each other."""
    return trade(seed, 1_000_000_000, things=things)
