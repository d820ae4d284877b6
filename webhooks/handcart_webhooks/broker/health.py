"""Whether the broker confirms: if it has not for a while, whoever asks hears so at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Health:
    """In trouble from the first failure to the next confirm.

    For as long as ``grace`` seconds everybody may still try, for a leader that died is replaced
    within one or two. After that one may in ``probing`` seconds, to see whether it is over.
    """

    def __init__(
        self, *, grace: float, probing: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._grace, self._probing = grace, probing
        self._lock = threading.Lock()
        self._blocked = False
        self._failing_since: float | None = None
        self._next_probe = 0.0

    def confirmed(self) -> None:
        if self._failing_since is not None:
            with self._lock:
                self._failing_since = None

    def failed(self) -> None:
        with self._lock:
            if self._failing_since is None:
                self._failing_since = self._clock()

    @property
    def is_blocked(self) -> bool:
        return self._blocked

    def blocked(self, _why: str = "") -> None:
        """The broker has run short of memory or disk and reads nothing more."""
        self._blocked = True

    def unblocked(self) -> None:
        self._blocked = False

    @property
    def good(self) -> bool:
        """Whether everybody may try."""
        since = self._failing_since
        return not self._blocked and (since is None or self._clock() - since < self._grace)

    def may_try(self) -> bool:
        """Whether this one may: everybody in good times, else one in a while."""
        if self.good:
            return True
        now = self._clock()
        with self._lock:
            if self._blocked or now < self._next_probe:
                return False
            self._next_probe = now + self._probing
        return True
