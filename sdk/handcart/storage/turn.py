"""Whether what runs now is still waited for.

Whoever gives a function so much time and no more cannot stop it: its thread goes on. So the
function runs in a turn, and when the turn is over nothing that it writes is committed any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..errors import TooSlow


class Turn:
    """``over`` once nobody waits for what is done in it."""

    def __init__(self) -> None:
        self.over = False


_turn: ContextVar[Turn | None] = ContextVar("turn", default=None)


@contextmanager
def taking(turn: Turn) -> Iterator[None]:
    """What is done meanwhile, in this context, is done in ``turn``."""
    before = _turn.set(turn)
    try:
        yield
    finally:
        _turn.reset(before)


def check_turn() -> None:
    """Raise TooSlow when the turn of whoever calls is over."""
    turn = _turn.get()
    if turn is not None and turn.over:
        raise TooSlow("turn_over", "nobody waits for this any more; it is tried again elsewhere")
