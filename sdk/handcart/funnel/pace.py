"""How often a door may be knocked at in the name of one shop, in one process."""

from __future__ import annotations

import threading
from collections.abc import Callable

A_SECOND = 20.0
AT_ONCE = 100.0


class Pace:
    """``allows(shop)`` is True twenty times a second, and a hundred times after a rest."""

    def __init__(
        self, now: Callable[[], float], *, a_second: float = A_SECOND, at_once: float = AT_ONCE
    ) -> None:
        self._now = now
        self._a_second = a_second
        self._at_once = at_once
        self._left: dict[str, tuple[float, float]] = {}
        self._looking = threading.Lock()

    def allows(self, shop: str) -> bool:
        now = self._now()
        with self._looking:
            left, since = self._left.get(shop, (self._at_once, now))
            left = min(self._at_once, left + max(0.0, now - since) * self._a_second)
            self._left[shop] = (left - 1 if left >= 1 else left, now)
            return left >= 1
