"""Who is at work in this process, so that what may kill it can be tried with nobody about.

When a process dies, everything that it had in hand has one more attempt that left no word, and
nothing tells which of it was to blame. So what several processes died at is tried alone: if the
next one dies too, it was that, and nothing else went with it.

Nobody is kept waiting for long. What kills does so at once; whoever has worked for ``patience``
seconds is no longer waited for, and whoever has been alone for as long gets company.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Solitude:
    """Threads work ``beside()`` each other or ``alone()``; ``step()`` finds out which."""

    def __init__(self, *, patience: float = 2.0) -> None:
        self._patience = patience
        self._changed = threading.Condition()
        self._at_work = 0
        self._shut_until = 0.0

    def step(self, work: Callable[[bool], int | None]) -> int:
        """``work(False)`` beside others; if it did nothing and says None, ``work(True)`` alone."""
        with self.beside():
            done = work(False)
        if done is None:
            with self.alone():
                done = work(True)
        return done or 0

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Work beside others, once nobody is alone or about to be."""
        with self._changed:
            self._pass()
            self._at_work += 1
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Work once the others have ended; meanwhile nobody else begins."""
        with self._changed:
            self._pass()
            mine = self._shut_until = time.monotonic() + 2 * self._patience
            self._changed.wait_for(lambda: not self._at_work, self._patience)
            self._at_work += 1
        try:
            yield
        finally:
            self._leave(mine)

    def _pass(self) -> None:
        while (left := self._shut_until - time.monotonic()) > 0:
            self._changed.wait(left)

    def _leave(self, shut: float | None = None) -> None:
        with self._changed:
            self._at_work -= 1
            if self._shut_until == shut:
                self._shut_until = 0.0
            self._changed.notify_all()
