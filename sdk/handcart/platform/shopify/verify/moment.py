"""The ``timestamp`` of a signed query, and how far it may be from our clock."""

from __future__ import annotations

import re
from datetime import datetime

# What Shopify's packages allow, in both directions.
WINDOW = 90

_SECONDS = re.compile(rb"[0-9]{1,12}")


def is_recent(timestamp: bytes, *, at: datetime) -> bool:
    """True within ``WINDOW`` seconds of ``at``; anything but plain digits is not a time."""
    if not _SECONDS.fullmatch(timestamp):
        return False
    return abs(int(at.timestamp()) - int(timestamp)) <= WINDOW
