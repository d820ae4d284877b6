"""Named points at which the tests may kill the process; in production they do nothing.

``HANDCART_CRASH_AT=effect:3`` kills it (SIGKILL, as a power cut would) the third time it gets to
the point ``effect``.
"""

from __future__ import annotations

import os
import signal

_WANTED, _, _TIMES = os.environ.get("HANDCART_CRASH_AT", "").partition(":")
_passed = 0


def crash_point(name: str) -> None:
    """Do nothing, or die here."""
    global _passed
    if name != _WANTED:
        return
    _passed += 1
    if _passed == int(_TIMES or 1):
        os.kill(os.getpid(), signal.SIGKILL)
