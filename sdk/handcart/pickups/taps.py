"""Taps at the counter, each with a key of its own, so that one that is sent twice is done once.

A tap that was made without a connection waits in its browser and is sent again until it was
answered; the answer to the first time may have been the very thing that got lost.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from ..errors import BadInput
from ..storage.upsert import upsert
from .tables import counter_taps

KEPT = timedelta(days=2)
_KEY = re.compile(r"[A-Za-z0-9-]{8,64}\Z")


def checked(key: str) -> str:
    """``key`` if it can be one of a tap; raises BadInput otherwise."""
    if not _KEY.match(key):
        raise BadInput("tap_key_malformed", "8 to 64 letters, digits and dashes")
    return key


def outcome(view: Connection, shop: str, key: str) -> str | None:
    """What the tap came to: the code of its refusal, or nothing; None when it is new."""
    found: str | None = view.execute(
        select(counter_taps.c.outcome).where(
            counter_taps.c.shop == shop, counter_taps.c.tap_id == key
        )
    ).scalar_one_or_none()
    return found


def keep(work: Connection, shop: str, key: str, *, outcome: str = "", at: datetime) -> bool:
    """The tap is done with this transaction; False when it was before."""
    row = {"shop": shop, "tap_id": key, "outcome": outcome, "at": at}
    made = work.execute(upsert(work, counter_taps).values(row).on_conflict_do_nothing())
    old = counter_taps.c.at < at - KEPT
    work.execute(delete(counter_taps).where(counter_taps.c.shop == shop, old))
    return bool(made.rowcount)
