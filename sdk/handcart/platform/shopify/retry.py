"""When to try a call again, and how long to wait first. Pure: no clock, no sleeping."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

_SECONDS = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most ``tries`` in ``deadline`` seconds; pauses double from ``first`` up to ``longest``.

    Waiting for one's turn at the shop's bucket is no failure and counts for neither; it may take
    ``patience`` seconds in all.
    """

    tries: int = 5
    deadline: float = 30.0
    patience: float = 120.0
    first: float = 0.5
    longest: float = 10.0

    def pause(self, attempt: int, *, jitter: float, asked: float | None = None) -> float:
        """Seconds to wait after the ``attempt``-th try (from 1); ``jitter`` is random in 0…1.

        At least what the platform ``asked`` for, and never all at once: the jitter is added on
        top of it, and takes up to half of our own pause away.
        """
        ceiling = min(self.longest, self.first * 2.0 ** min(attempt - 1, 30))
        if asked is not None:
            return asked + jitter * min(1.0, ceiling)
        return ceiling * (1 - jitter / 2)

    def gives_up(self, attempt: int, *, elapsed: float, pause: float) -> bool:
        """True when the ``attempt``-th try was the last, or the next would start too late."""
        return attempt >= self.tries or elapsed + pause > self.deadline


def is_passing(status: int) -> bool:
    """True for answers that say "later": 429, 430 (the platform's own) and every 5xx."""
    return status in (429, 430) or 500 <= status <= 599


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from ``Retry-After``: ``2`` or ``2.0``, under any case of its name; None otherwise.

    The platform sends seconds (shopify.dev, Rate limits), never a date, so a date is None too.
    """
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    match = _SECONDS.fullmatch(value)
    seconds = float(match[1]) if match else math.nan
    return seconds if math.isfinite(seconds) else None
