"""Named points at which the tests may kill the process; in production they do nothing.

``HANDCART_CRASH_AT=effect:3`` kills it (SIGKILL, as a power cut would) the third time it gets to
the point ``effect``.
"""

from __future__ import annotations

import os
import signal

# A delivery on its way to its answer, and then to its effect.
RECEIVING = ("read", "verified", "queued", "grouped", "kept", "answered")
HANDLING = ("claimed", "effect", "done", "committed")
# A task of the outbox on its way out.
CARRYING = ("task_claimed", "task_sending", "task_sent", "task_marked", "task_committed")
# What happens by the clock.
KEEPING_TIME = ("timer_fired", "slot_added", "token_renewed", "token_stored")
# A delivery on its way from a broker to the inbox.
BROKERED = ("taken", "moved")
# A mail that the server has taken, and nobody has noted yet.
MAILING = ("mail_sent",)
POINTS = (*RECEIVING, *HANDLING, *CARRYING, *KEEPING_TIME, *BROKERED, *MAILING)

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
