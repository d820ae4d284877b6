"""The whole life of a pickup as one table: what can be done, when, by whom, and what it changes.

A new act is a new row of ``WAYS``. A state that no row starts from is terminal: nothing that comes
late revives it. ``timers`` says which clocks run beside a pickup; they follow from it alone, so
that whoever changes a pickup stops and starts them in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ..errors import BadInput, Denied, InvalidTransition, RuleBroken
from ..platform.port import FulfillmentLine
from . import lines
from .lines import Amounts, Lines, PickupLine
from .model import Pickup
from .policy import USUAL, Policy
from .states import AT_THE_PLATFORM, EARLY, ON_THE_ROAD, OPEN, Act, Actor, Stage, State, actor_of


@dataclass(frozen=True, slots=True)
class How:
    """By whom and when an act is done, why, and of what.

    ``units``: line id to units; ``told``: the lines as the platform has them; ``aged``: somebody
    made sure that whoever takes them is old enough.
    """

    by: str
    at: datetime
    why: str = ""
    units: Amounts | None = None
    location_id: int | None = None
    until: datetime | None = None
    note: str | None = None
    told: tuple[FulfillmentLine, ...] = ()
    policy: Policy = USUAL
    aged: bool = False


Guard = Callable[[Pickup, How], None]
Change = Callable[[Pickup, How], Lines]
More = Callable[[Pickup, How], Mapping[str, object]]


def _nothing_more(pickup: Pickup, how: How) -> Mapping[str, object]:
    return {}


def _lines_stay(pickup: Pickup, how: How) -> Lines:
    return pickup.lines


@dataclass(frozen=True, slots=True)
class Way:
    """``who`` may do ``act`` to a pickup in one of ``starts``, unless a guard raises.

    Afterwards its lines are ``lines(…)`` and its stage is ``stage``, or what it was; ``more``
    names other fields that change.
    """

    act: Act
    starts: tuple[State, ...]
    who: tuple[Actor, ...]
    stage: Stage | None = None
    guards: tuple[Guard, ...] = ()
    lines: Change = _lines_stay
    more: More = _nothing_more


def _units(pickup: Pickup, how: How, count: Callable[[PickupLine], int]) -> Amounts:
    """What is meant: ``how.units``, or everything that there is of it."""
    wanted = lines.amounts(pickup.lines, count) if how.units is None else how.units
    return lines.checked(pickup.lines, wanted, count)


def packing(pickup: Pickup, how: How) -> Amounts:
    return _units(pickup, how, lambda line: line.to_pack)


def taking(pickup: Pickup, how: How) -> Amounts:
    return _units(pickup, how, lambda line: line.waiting)


def _is_old_enough(pickup: Pickup, how: How) -> None:
    given = taking(pickup, how)
    if not how.aged and any(line.min_age and line.line_id in given for line in pickup.lines):
        raise RuleBroken("age_unchecked", "look at a paper that says their age")


def _missing(pickup: Pickup, how: How) -> Amounts:
    return _units(pickup, how, lambda line: line.findable)


def _all_missing(pickup: Pickup, how: How) -> Lines:
    """What was put aside goes back to the shelf: it is sent from elsewhere with the rest."""
    return lines.missed(pickup.lines, _missing(pickup, how))


def _is_not_held(pickup: Pickup, how: How) -> None:
    if pickup.held:
        raise RuleBroken("pickup_held", "the shop has put this order on hold")


def _has_a_rest(pickup: Pickup, how: How) -> None:
    """The platform takes apart only what nothing of has left, and leaves no part empty."""
    units = [(line.packed, line.collected, line.to_pack) for line in pickup.lines]
    packed, collected, to_pack = map(sum, zip(*units, strict=True)) if units else (0, 0, 0)
    if collected or not packed or not to_pack:
        raise RuleBroken("units_none", "there are no two parts of it")


def _says_how_much(pickup: Pickup, how: How) -> None:
    if how.units is None:
        raise BadInput("units_malformed", "say which units")


def _may_extend(pickup: Pickup, how: How) -> None:
    if pickup.extensions >= how.policy.extensions:
        raise RuleBroken("extension_limit", "this order cannot be kept any longer")


def _is_over(pickup: Pickup, how: How) -> None:
    if pickup.expires_at is None or how.at < pickup.expires_at:
        raise RuleBroken("not_expired", "the goods are still being kept")


def _is_late(pickup: Pickup, how: How) -> None:
    if pickup.escalates_at is None or how.at < pickup.escalates_at:
        raise RuleBroken("not_late", "the store still has time to see the order")


def _goes_elsewhere(pickup: Pickup, how: How) -> None:
    if how.location_id in (None, pickup.location_id):
        raise RuleBroken("location_same", "the goods are at that store already")


def _has_nothing_given(pickup: Pickup, how: How) -> None:
    if any(line.collected for line in pickup.lines):
        raise RuleBroken("collected_already", "a part of it was handed over here")


def _kept_until(pickup: Pickup, how: How) -> Mapping[str, object]:
    """The time to collect starts with the first goods that lie at the counter."""
    return {} if pickup.expires_at else {"expires_at": how.until or how.at + how.policy.keeps}


def _kept_anew(pickup: Pickup, how: How) -> Mapping[str, object]:
    """What lies at the counter already has waited for the rest, and is kept for as long as that."""
    if not pickup.expires_at:
        return {}
    return {"expires_at": max(pickup.expires_at, how.until or how.at + how.policy.keeps)}


def _longer(pickup: Pickup, how: How) -> Mapping[str, object]:
    start = max(pickup.expires_at or how.at, how.at)
    until = how.until or start + how.policy.extends
    return {"expires_at": until, "extensions": pickup.extensions + 1}


def _unpromised(pickup: Pickup, how: How) -> Mapping[str, object]:
    """Nobody knows yet when it will be there."""
    return {"promised_at": None}


def _promised(pickup: Pickup, how: How) -> Mapping[str, object]:
    return {"promised_at": how.until}


def _while_it_is_kept(pickup: Pickup, how: How) -> None:
    if pickup.expires_at and how.until and how.until >= pickup.expires_at:
        raise RuleBroken("slot_too_late", "the goods are not kept for so long")


def _arrival(pickup: Pickup, how: How) -> Mapping[str, object]:
    note = how.note if how.note is not None else pickup.arrival
    return {"arrival": note, "came_at": how.at}


def _bay(pickup: Pickup, how: How) -> Mapping[str, object]:
    return {"bay": how.note or ""}


def _there(pickup: Pickup, how: How) -> Mapping[str, object]:
    # The new store sees it for the first time, and has the same time to do so.
    return {
        "location_id": how.location_id,
        "bay": "",
        "arrival": "",
        "came_at": None,
        "expires_at": None,
        "promised_at": None,
        "escalates_at": how.until or how.at + how.policy.unseen,
    }


_STAFF, _MANAGER = (Actor.STAFF, Actor.MANAGER), (Actor.MANAGER,)
_TIMER, _PLATFORM = (Actor.TIMER,), (Actor.PLATFORM,)
_THEY = (Actor.SHOPPER, Actor.PROXY)
_KEPT = (State.READY, State.PARTLY_READY, State.PARTLY_COLLECTED, State.ON_MY_WAY, State.HERE)
_AT_WORK = (*EARLY, State.PICKING, State.SHORT, State.RECEIVED, State.PARTLY_READY)

WAYS = (
    Way(Act.ACCEPT, (State.REQUESTED, State.ESCALATED), _STAFF, Stage.ACCEPTED, (_is_not_held,)),
    Way(Act.ESCALATE, (State.REQUESTED,), _TIMER, Stage.ESCALATED, (_is_late,)),
    Way(Act.PICK, EARLY, _STAFF, Stage.PICKING, (_is_not_held,)),
    Way(
        Act.PACK,
        _AT_WORK,
        _STAFF,
        Stage.PICKING,
        (_is_not_held,),
        lambda pickup, how: lines.packed(pickup.lines, packing(pickup, how)),
        _kept_until,
    ),
    # The shopper is on the way, or here, for a part: the rest can be packed meanwhile.
    Way(
        Act.PACK,
        (State.ON_MY_WAY, State.HERE, State.PARTLY_COLLECTED),
        _STAFF,
        None,
        (_is_not_held,),
        lambda pickup, how: lines.packed(pickup.lines, packing(pickup, how)),
    ),
    # What is missing may turn up here after all, and other lines go on meanwhile.
    Way(
        Act.PACK,
        ON_THE_ROAD,
        _STAFF,
        None,
        (_is_not_held,),
        lambda pickup, how: lines.packed(pickup.lines, packing(pickup, how)),
        _kept_until,
    ),
    # The platform knows readiness of whole fulfillment orders only: the rest gets one of its own.
    Way(
        Act.SPLIT,
        (State.PARTLY_READY, State.ON_MY_WAY, State.HERE),
        (Actor.SHOPPER, *_STAFF),
        None,
        (_is_not_held, _has_a_rest),
        lambda pickup, how: lines.left_behind(pickup.lines),
        lambda pickup, how: {"covers_order": False},
    ),
    Way(
        Act.MISS,
        (*_AT_WORK, State.READY, State.PARTLY_COLLECTED, State.ON_MY_WAY, State.HERE),
        _STAFF,
        Stage.PICKING,
        (_says_how_much,),
        lambda pickup, how: lines.missed(pickup.lines, _missing(pickup, how)),
    ),
    Way(
        Act.WAIT,
        (State.SHORT,),
        (Actor.SHOPPER, *_STAFF),
        Stage.ACCEPTED,
        (),
        lambda pickup, how: lines.awaited(pickup.lines),
    ),
    Way(
        Act.DROP,
        (State.SHORT,),
        (Actor.SHOPPER, *_STAFF),
        None,
        (),
        lambda pickup, how: lines.dropped_missing(pickup.lines),
    ),
    # Another store has it: asked for, sent, received, and then it is put aside like the rest.
    Way(
        Act.BRING,
        (State.SHORT,),
        (Actor.SHOPPER, *_STAFF),
        Stage.TRANSFER,
        (_is_not_held,),
        more=_unpromised,
    ),
    Way(Act.DISPATCH, (State.TRANSFER,), _STAFF, Stage.INBOUND),
    Way(
        Act.RECEIVE,
        (State.INBOUND,),
        _STAFF,
        Stage.RECEIVED,
        (_says_how_much,),
        lambda pickup, how: lines.come(pickup.lines, how.units or {}),
        _kept_anew,
    ),
    Way(Act.CALL_OFF, (State.TRANSFER,), (Actor.SHOPPER, *_STAFF), Stage.PICKING),
    # Something else instead: until the platform has edited the order, nobody else touches it.
    Way(
        Act.SUBSTITUTE,
        (State.SHORT,),
        (Actor.SHOPPER, *_STAFF),
        Stage.SUBSTITUTING,
        (_is_not_held,),
    ),
    Way(Act.EXCHANGE, (State.SUBSTITUTING,), _PLATFORM, Stage.PICKING),
    # What is missing, or all that is still owed, is sent to the shopper instead.
    Way(
        Act.SHIP,
        (State.SHORT,),
        (Actor.SHOPPER, *_STAFF),
        Stage.SENDING,
        (_is_not_held,),
        lambda pickup, how: _all_missing(pickup, how) if how.units else pickup.lines,
    ),
    Way(
        Act.SHIPPED,
        (State.SENDING,),
        _PLATFORM,
        Stage.SENT,
        (),
        lambda pickup, how: lines.dropped_missing(pickup.lines),
    ),
    Way(Act.CALL_OFF, AT_THE_PLATFORM, _PLATFORM, Stage.PICKING),
    Way(
        Act.ANNOUNCE,
        (State.READY, State.PARTLY_READY),
        _THEY,
        Stage.ON_MY_WAY,
        (_is_not_held,),
        more=_arrival,
    ),
    Way(
        Act.ARRIVE,
        (State.READY, State.PARTLY_READY, State.ON_MY_WAY),
        (*_THEY, *_STAFF),
        Stage.HERE,
        (_is_not_held,),
        more=_arrival,
    ),
    # Expired goods lie there until somebody has put them back, so they can still be had.
    Way(
        Act.HAND_OVER,
        (*_KEPT, State.SHORT, State.EXPIRED),
        _STAFF,
        Stage.PICKING,
        (_is_not_held, _is_old_enough),
        lambda pickup, how: lines.handed_over(pickup.lines, taking(pickup, how)),
    ),
    Way(
        Act.HAND_OVER,
        (*ON_THE_ROAD, State.RECEIVED),
        _STAFF,
        None,
        (_is_not_held, _is_old_enough),
        lambda pickup, how: lines.handed_over(pickup.lines, taking(pickup, how)),
    ),
    Way(
        Act.PROMISE,
        tuple(state for state in OPEN if state is not State.EXPIRED),
        (Actor.SHOPPER, *_STAFF, Actor.PLATFORM),
        None,
        (_while_it_is_kept,),
        more=_promised,
    ),
    Way(Act.PUT, (*_KEPT, State.EXPIRED), _STAFF, more=_bay),
    Way(
        Act.TELL,
        tuple(state for state in _KEPT if state is not State.HERE),
        _STAFF,
        None,
        (_is_not_held,),
    ),
    Way(Act.EXTEND, _KEPT, (Actor.SHOPPER,), None, (_may_extend,), more=_longer),
    Way(Act.EXTEND, _KEPT, _STAFF, None, more=_longer),
    Way(Act.EXTEND, (State.EXPIRED,), _STAFF, Stage.PICKING, more=_longer),
    # Whoever stands at the counter is served, however late; nobody else is waited for.
    Way(
        Act.EXPIRE,
        tuple(state for state in _KEPT if state is not State.HERE),
        _TIMER,
        Stage.EXPIRED,
        (_is_over,),
    ),
    Way(
        Act.RESTOCK,
        (State.EXPIRED,),
        _STAFF,
        Stage.RESTOCKED,
        (),
        lambda pickup, how: lines.dropped_all(pickup.lines),
    ),
    Way(
        Act.CANCEL,
        (*EARLY, State.SHORT, State.TRANSFER),
        (Actor.SHOPPER, Actor.STAFF),
        Stage.CANCELLED,
        (),
        lambda pickup, how: lines.dropped_all(pickup.lines),
    ),
    # Once goods were put aside, somebody has to answer for it.
    Way(
        Act.CANCEL,
        tuple(state for state in OPEN if state not in AT_THE_PLATFORM),
        (*_MANAGER, Actor.PLATFORM),
        Stage.CANCELLED,
        (),
        lambda pickup, how: lines.dropped_all(pickup.lines),
    ),
    Way(
        Act.CANCEL,
        AT_THE_PLATFORM,
        _PLATFORM,
        Stage.CANCELLED,
        (),
        lambda pickup, how: lines.dropped_all(pickup.lines),
    ),
    Way(
        Act.MOVE,
        OPEN,
        _PLATFORM,
        Stage.REQUESTED,
        (_goes_elsewhere,),
        lambda pickup, how: lines.back_on_the_shelf(pickup.lines),
        _there,
    ),
    # Whose goods are missing may collect all of it where they are.
    Way(
        Act.MOVE,
        (State.SHORT,),
        (Actor.SHOPPER, *_STAFF),
        Stage.REQUESTED,
        (_goes_elsewhere, _is_not_held, _has_nothing_given),
        lambda pickup, how: lines.back_on_the_shelf(pickup.lines),
        _there,
    ),
    Way(
        Act.CORRECT,
        OPEN,
        _PLATFORM,
        None,
        (),
        lambda pickup, how: lines.corrected(pickup.lines, how.told),
    ),
    Way(
        Act.REJOIN,
        OPEN,
        _PLATFORM,
        None,
        (_says_how_much,),
        lambda pickup, how: lines.rejoined(pickup.lines, how.units or {}),
    ),
    Way(
        Act.END,
        OPEN,
        _PLATFORM,
        Stage.COLLECTED,
        (),
        lambda pickup, how: lines.all_collected(pickup.lines),
    ),
)


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
