"""A lock that is handed on in the order in which it was asked for.

``threading.Lock`` goes to whoever happens to run: a thread that takes it again and again keeps it
from all others for as long as it likes.
"""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType


class FairLock:
    """First come, first served; not to be taken twice by one thread."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._looking:
            if not self._held:
                self._held = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._looking:
            if self._waiting:
                # It stays held: whoever waited longest has it now.
                self._waiting.popleft().release()
            else:
                self._held = False
