"""What a store allows: how long it may leave an order unseen, and how long it keeps goods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """``unseen``: until an order that nobody accepted is shown as late. ``keeps``: how long goods
    lie at the counter; a shopper may have that prolonged ``extensions`` times, by ``extends``.
    What nobody came for is refunded with ``refunds_no_show``, else it goes back on the shelf only.
    """

    unseen: timedelta = timedelta(minutes=15)
    keeps: timedelta = timedelta(days=7)
    extends: timedelta = timedelta(days=3)
    extensions: int = 1
    refunds_no_show: bool = True


USUAL = Policy()
