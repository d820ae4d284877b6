"""What a merchant reads of all stores: how they stand now, and how they did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, case, func, select

from ..errors import BadInput
from .journeys import Journey
from .states import Act, Phase, Stage, State
from .store import TO_DO
from .tables import pickup_changes, pickup_lines, pickups

MOST_DAYS = 92
_READY = (State.READY.value, State.PARTLY_READY.value)
# What can make a pickup ready, and the other acts that a report asks for.
_MOMENTS = tuple(
    act.value
    for act in (
        *(Act.PACK, Act.DROP, Act.WAIT, Act.SPLIT),
        *(Act.MISS, Act.ARRIVE, Act.HAND_OVER, Act.EXPIRE, Act.CANCEL),
    )
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one store stands now, in orders; ``waits_since``: of who stands there for longest."""

    to_prepare: int = 0
    unseen: int = 0
    overdue: int = 0
    short: int = 0
    ready: int = 0
    here: int = 0
    expired: int = 0
    waits_since: datetime | None = None


def standings(view: Connection, shop: str, *, at: datetime) -> dict[int, Standing]:
    """By location: ``unseen`` were escalated, ``overdue`` should have been ready before ``at``."""
    preparing = pickups.c.state == Phase.REQUESTED.value
    here = pickups.c.stage == Stage.HERE.value
    counted = {
        "to_prepare": preparing,
        "unseen": pickups.c.stage == Stage.ESCALATED.value,
        "overdue": and_(preparing, pickups.c.promised_at < at),
        "ready": pickups.c.state == Phase.READY.value,
        "here": here,
        "expired": pickups.c.stage == Stage.EXPIRED.value,
    }
    sums = [func.sum(case((which, 1), else_=0)).label(name) for name, which in counted.items()]
    since = func.min(case((here, pickups.c.came_at))).label("waits_since")
    rows = view.execute(
        select(pickups.c.location_id, *sums, since)
        .where(pickups.c.shop == shop, TO_DO)
        .group_by(pickups.c.location_id)
    )
    short = _short(view, shop)
    return {
        row.location_id: Standing(
            **{name: getattr(row, name) for name in counted},
            short=short.get(row.location_id, 0),
            waits_since=row.waits_since,
        )
        for row in rows
    }


def journeys(
    view: Connection,
    shop: str,
    *,
    first: date,
    last: date,
    zone: ZoneInfo,
    location_id: int | None = None,
) -> tuple[Journey, ...]:
    """Every pickup that was asked for from ``first`` to ``last``, days of ``zone``."""
    if not first <= last <= first + timedelta(days=MOST_DAYS - 1):
        raise BadInput("period_malformed", f"from a day to a later one, at most {MOST_DAYS} days")
    table = pickups.c
    which = and_(
        table.shop == shop,
        table.requested_at >= datetime.combine(first, time(), zone),
        table.requested_at < datetime.combine(last + timedelta(days=1), time(), zone),
        table.location_id == location_id if location_id else table.location_id > 0,
    )
    moments = _moments(view, shop, which)
    rows = view.execute(
        select(
            table.pickup_id, table.location_id, table.requested_at, table.promised_at, table.state
        )
        .where(which)
        .order_by(table.requested_at)
    )
    return tuple(_journey(row, moments.get(row.pickup_id, {})) for row in rows)


def _short(view: Connection, shop: str) -> dict[int, int]:
    """By location, how many orders miss something."""
    rows = view.execute(
        select(pickups.c.location_id, func.count(pickups.c.pickup_id.distinct()))
        .join(
            pickup_lines,
            and_(
                pickup_lines.c.shop == pickups.c.shop,
                pickup_lines.c.pickup_id == pickups.c.pickup_id,
            ),
        )
        .where(pickups.c.shop == shop, TO_DO, pickup_lines.c.missing > 0)
        .group_by(pickups.c.location_id)
    )
    return {row[0]: row[1] for row in rows}


def _moments(view: Connection, shop: str, which: Any) -> dict[str, dict[str, datetime]]:
    """Pickup to the first time of each act that counts, and of being ready."""
    table = pickup_changes.c
    ready = case((table.to_state.in_(_READY), "ready"), else_=table.act)
    rows = view.execute(
        select(table.pickup_id, table.act, table.why, ready.label("what"), func.min(table.at))
        .join(pickups, and_(pickups.c.shop == table.shop, pickups.c.pickup_id == table.pickup_id))
        .where(which, table.act.in_(_MOMENTS))
        .group_by(table.pickup_id, table.act, table.why, ready)
    )
    found: dict[str, dict[str, datetime]] = {}
    for pickup_id, act, why, what, at in rows:
        mine = found.setdefault(pickup_id, {})
        for name in {act, what, f"{act}:{why}"}:
            mine[name] = min(mine.get(name, at), at)
    return found


def _journey(row: Any, moments: Mapping[str, datetime]) -> Journey:
    return Journey(
        location_id=row.location_id,
        requested_at=row.requested_at,
        promised_at=row.promised_at,
        ready_at=moments.get("ready"),
        here_at=moments.get("arrive"),
        given_at=moments.get("hand_over"),
        ended=row.state in {Phase.COLLECTED.value, Phase.CANCELLED.value},
        short="miss" in moments,
        no_show="cancel:never_came" in moments
        or ("expire" in moments and "hand_over" not in moments),
    )
