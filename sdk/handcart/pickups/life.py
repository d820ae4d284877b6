"""What may be done to a pickup now, what it is afterwards, and which clocks run beside it.

The table is ``ways``. ``timers`` follow from the pickup alone, so that whoever changes one stops
and starts them in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from ..errors import Denied, InvalidTransition
from .how import How
from .model import Pickup
from .states import Act, Actor, State, actor_of
from .ways import WAYS, Way


def way_of(state: State, act: Act, actor: Actor) -> Way | None:
    """The row that lets ``actor`` do ``act`` in ``state``; None when there is none."""
    return _TABLE.get((state, act, actor))


_TABLE = {(start, way.act, who): way for way in WAYS for start in way.starts for who in way.who}


def may(pickup: Pickup, act: Act, by: str) -> bool:
    """Whether the table lets them; a guard may still say no."""
    return (pickup.state, act, actor_of(by)) in _TABLE


def done(pickup: Pickup, act: Act, how: How) -> Pickup:
    """The pickup after ``act``; raises InvalidTransition, Denied when only a manager may do it
    now, or RuleBroken with the guard's code.
    """
    actor = actor_of(how.by)
    way = way_of(pickup.state, act, actor)
    if way is None and actor is Actor.STAFF and way_of(pickup.state, act, Actor.MANAGER):
        raise Denied("manager_needed", "ask a manager to do this")
    if way is None:
        raise InvalidTransition(state=pickup.state, wanted=act)
    for guard in way.guards:
        guard(pickup, how)
    changed = replace(
        pickup,
        stage=way.stage or pickup.stage,
        lines=way.lines(pickup, how),
        version=pickup.version + 1,
        **way.more(pickup, how),  # type: ignore[arg-type]
    )
    return changed if changed.state is pickup.state else replace(changed, changed_at=how.at)


class Clock(StrEnum):
    """The timers of a pickup; each does an act when its time has come."""

    ESCALATE = "escalate"
    EXPIRE = "expire"


CLOCKS: Mapping[Clock, Act] = {Clock.ESCALATE: Act.ESCALATE, Clock.EXPIRE: Act.EXPIRE}


def timers(pickup: Pickup) -> dict[Clock, datetime]:
    """Which clocks run beside the pickup, and when each goes off."""
    running: dict[Clock, datetime] = {}
    if pickup.state is State.REQUESTED and pickup.escalates_at:
        running[Clock.ESCALATE] = pickup.escalates_at
    if way_of(pickup.state, Act.EXPIRE, Actor.TIMER) and pickup.expires_at:
        running[Clock.EXPIRE] = pickup.expires_at
    return running
