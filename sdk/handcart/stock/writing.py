"""Telling the platform of our own changes: each takes effect there once.

The platform compares: a change says what it changes *from*, and one that is late is refused and
tried again from what is there by then. Each attempt is written down, with its key, before it is
sent, so that one whose answer was lost is recognised when it is repeated.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection, update

from ..platform.port import StockLevel
from . import ledger, service
from .adjusting import PLATFORM_REASONS, Write, write
from .echoes import DONE, HEARD, REFUSED, WAITING
from .model import Level
from .movements import Kind, Move
from .tables import stock_writes


def to_send(work: Connection, shop: str, write_id: str) -> Write | None:
    """The change with what the platform is expected to have; None when there is nothing to say."""
    kept = write(work, shop, write_id)
    if kept is None or kept.state in (DONE, REFUSED):
        return None
    if kept.expected is not None:
        return kept
    level = ledger.locked(work, shop, kept.inventory_item_id, kept.location_id)
    if level is None:
        return None
    _save(work, shop, kept, expected=level.told)
    return replace(kept, expected=level.told)


def attempt_key(kept: Write) -> str:
    """A UUID of its own for each attempt; the same when that one is repeated."""
    return str(uuid5(NAMESPACE_URL, f"handcart:{kept.write_id}:{kept.attempt}"))


def platform_reason(kept: Write) -> str:
    return PLATFORM_REASONS.get(kept.why, "correction")


def sent(
    work: Connection, shop: str, write_id: str, answer: StockLevel | None, *, at: datetime
) -> None:
    """The platform has it; ``answer`` is the level as it was read right afterwards."""
    kept, level = _both(work, shop, write_id)
    if kept is None or level is None or kept.state in (DONE, REFUSED):
        return
    if kept.state == WAITING:
        level = _no_longer_pending(work, shop, level, kept, at=at)
    _save(work, shop, kept, state=DONE)
    if answer is not None:
        service.level_read(work, shop, answer, at=at)


def stale(work: Connection, shop: str, write_id: str, read: StockLevel, *, at: datetime) -> None:
    """The platform had something else than was expected: what it has now counts the next time."""
    service.level_read(work, shop, read, at=at)
    kept = write(work, shop, write_id)
    if kept is not None and kept.state in (WAITING, HEARD):
        _save(work, shop, kept, expected=None, attempt=kept.attempt + 1)


def refused(work: Connection, shop: str, write_id: str, *, why: str, at: datetime) -> None:
    """The platform will never have it: the level is what it was without it, and says why."""
    kept, level = _both(work, shop, write_id)
    if kept is None or level is None or kept.state != WAITING:
        return
    move = Move(Kind.REFUSED, -kept.delta, why=why[:80].lower(), reference=write_id)
    without = replace(level, pending=level.pending - kept.delta)
    ledger.post(work, shop, without, [move], at=at)
    _save(work, shop, kept, state=REFUSED)


def _both(work: Connection, shop: str, write_id: str) -> tuple[Write | None, Level | None]:
    """The level first: whoever holds it is the only one who changes its writes."""
    kept = write(work, shop, write_id)
    if kept is None:
        return None, None
    level = ledger.locked(work, shop, kept.inventory_item_id, kept.location_id)
    return write(work, shop, write_id), level


def _no_longer_pending(
    work: Connection, shop: str, level: Level, kept: Write, *, at: datetime
) -> Level:
    return ledger.post(work, shop, replace(level, pending=level.pending - kept.delta), [], at=at)


def _save(work: Connection, shop: str, kept: Write, **values: object) -> None:
    table = stock_writes.c
    work.execute(
        update(stock_writes)
        .where(table.shop == shop, table.write_id == kept.write_id)
        .values(**values)
    )
