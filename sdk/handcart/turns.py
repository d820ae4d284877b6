"""Developers' functions take turns of so many seconds, each in a thread of its own.

A thread cannot be stopped from outside. One that is late is left alone, and goes on: what it
writes is no longer committed, whoever waited for it goes on with other work, and the task is
tried again. See "A handler that hangs is left behind" among the decisions.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from contextvars import copy_context
from datetime import datetime, timedelta

from . import measures
from .breaker import PutOff
from .errors import TooSlow
from .injection import Offers, Wired
from .storage.turn import Turn, taking

log = logging.getLogger(__name__)

# So many threads may be left behind in one process. Then it calls no more functions of
# developers', until one of these threads ends or somebody starts the process anew.
LEFT_BEHIND = 16
_PAUSE = timedelta(seconds=10)


class Turns:
    """Any thread may let a function take its turn, which lasts ``limit`` unless it says else."""

    def __init__(self, limit: float, *, clock: Callable[[], datetime]) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._left_behind: set[_Running] = set()

    def take(self, wired: Wired, offers: Offers) -> None:
        """Call the function with what it asks for, and raise what it raises.

        TooSlow (``handler_too_slow``) when it has not come back in time; PutOff, without calling
        it, while too many have not.
        """
        if len(self._left_behind) >= LEFT_BEHIND:
            raise PutOff(self._clock() + _PAUSE)
        limit = wired.limit or self._limit
        running = _Running(wired, offers, ended=self._ended)
        running.start()
        if not running.done.wait(limit) and self._leave_behind(running):
            log.error("%s took longer than %g s and is at\n%s", wired.name, limit, running.where())
            raise TooSlow("handler_too_slow", f"{wired.name} took longer than {limit:g} s")
        if running.error is not None:
            raise running.error

    def _leave_behind(self, running: _Running) -> bool:
        """Nobody waits for it any more; False when it ended just in time."""
        with self._lock:
            if running.done.is_set():
                return False
            running.turn.over = True
            self._left_behind.add(running)
        measures.left_behind.labels(running.name).inc()
        return True

    def _ended(self, running: _Running) -> None:
        with self._lock:
            running.done.set()
            late = running in self._left_behind
            self._left_behind.discard(running)
        if late:
            measures.left_behind.labels(running.name).dec()
            log.warning("%s came back after its time; what it wrote last is undone", running.name)


class _Running:
    """One call of a function in a thread of its own, in the context of whoever asked for it."""

    def __init__(self, wired: Wired, offers: Offers, *, ended: Callable[[_Running], None]) -> None:
        self.name = wired.name
        self.turn = Turn()
        self.done = threading.Event()
        self.error: Exception | None = None
        self._wired = wired
        self._offers = offers
        self._ended = ended
        context = copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name=f"turn of {wired.name}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def where(self) -> str:
        """The lines of code that the thread is at, the innermost last; no values."""
        frame = sys._current_frames().get(self._thread.ident or 0)
        return "".join(traceback.format_stack(frame)) if frame else "its end"

    def _run(self) -> None:
        try:
            with taking(self.turn):
                self._wired.call(self._offers)
        except Exception as error:
            self.error = error
        except BaseException as error:
            # It may end its own thread, not the one that waits for it.
            self.error = RuntimeError(f"it ended with {type(error).__name__}")
        finally:
            self._ended(self)
