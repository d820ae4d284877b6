"""Every fault has a short form, for each change, and a long one: ``make soak``."""

from __future__ import annotations

import os


def size(short: int, long: int) -> int:
    """``long`` when ``HANDCART_SOAK`` is set."""
    return long if os.environ.get("HANDCART_SOAK") else short
