"""One change of ours on its way: what is said to the platform, between two transactions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ..errors import PlatformError, StaleWrite, UserErrors
from ..platform.port import Platform
from ..storage import Database
from . import writing
from .adjusting import Write

# Others write, too; after so many attempts in a row it is left for a while.
_ATTEMPTS = 5


def send(db: Database, platform: Platform, write_id: str, *, clock: Callable[[], datetime]) -> None:
    """The platform has the change once, or refuses it for good and it is taken back here.

    Raises PlatformError when that is to be tried again later.
    """
    shop = platform.shop
    for _ in range(_ATTEMPTS):
        with db.writing() as work:
            kept = writing.to_send(work, shop, write_id)
        if kept is None or _try(db, platform, kept, clock=clock):
            return
    raise PlatformError("stock_contended", "the level changes faster than it can be read")


def _try(db: Database, platform: Platform, kept: Write, *, clock: Callable[[], datetime]) -> bool:
    """True when that was the end of it, False when the platform had another number."""
    shop = platform.shop
    where = {
        "inventory_item_id": kept.inventory_item_id,
        "location_id": kept.location_id,
    }
    try:
        platform.adjust_stock(
            **where,
            delta=kept.delta,
            expected=kept.expected or 0,
            reason=writing.platform_reason(kept),
            reference=kept.write_id,
            key=writing.attempt_key(kept),
        )
    except StaleWrite:
        now = platform.level(**where)
        with db.writing() as work:
            if now is not None:
                writing.stale(work, shop, kept.write_id, now, at=clock())
                return False
            writing.refused(work, shop, kept.write_id, why="level_unknown", at=clock())
            return True
    except UserErrors as error:
        code = next((one.code for one in error.errors if one.code), None)
        with db.writing() as work:
            writing.refused(work, shop, kept.write_id, why=code or error.code, at=clock())
        return True
    now = platform.level(**where)
    with db.writing() as work:
        writing.sent(work, shop, kept.write_id, now, at=clock())
    return True
