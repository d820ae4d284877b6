"""The whole life of a pickup as one table: what can be done, when, by whom, and what it changes.

A new act is a new row of ``WAYS``. A state that no row starts from is terminal: nothing that comes
late revives it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import changes, guards, lines, units
from .changes import Fields
from .how import How
from .lines import Amounts, Lines
from .model import Pickup
from .states import AT_THE_PLATFORM, EARLY, ON_THE_ROAD, OPEN, Act, Actor, Stage, State

Guard = Callable[[Pickup, How], None]
Change = Callable[[Pickup, How], Lines]
More = Callable[[Pickup, How], Fields]


def _nothing_more(pickup: Pickup, how: How) -> Fields:
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


def _each(change: Callable[[Lines], Lines]) -> Change:
    """Whoever does it has nothing more to say about the lines."""
    return lambda pickup, how: change(pickup.lines)


def _of(
    change: Callable[[Lines, Amounts], Lines], which: Callable[[Pickup, How], Amounts]
) -> Change:
    """Of some units only."""
    return lambda pickup, how: change(pickup.lines, which(pickup, how))


def _given_up(pickup: Pickup, how: How) -> Lines:
    """All is sent: what was put aside goes back to the shelf, and is sent with the rest."""
    return lines.missed(pickup.lines, units.missing(pickup, how)) if how.units else pickup.lines


_STAFF = (Actor.STAFF, Actor.MANAGER)
_TIMER, _PLATFORM = (Actor.TIMER,), (Actor.PLATFORM,)
_THEY = (Actor.SHOPPER, Actor.PROXY)
_KEPT = (State.READY, State.PARTLY_READY, State.PARTLY_COLLECTED, State.ON_MY_WAY, State.HERE)
_AT_WORK = (*EARLY, State.PICKING, State.SHORT, State.RECEIVED, State.PARTLY_READY)

WAYS = (
    Way(
        Act.ACCEPT,
        (State.REQUESTED, State.ESCALATED),
        _STAFF,
        Stage.ACCEPTED,
        (guards.is_not_held,),
    ),
    Way(Act.ESCALATE, (State.REQUESTED,), _TIMER, Stage.ESCALATED, (guards.is_late,)),
    Way(Act.PICK, EARLY, _STAFF, Stage.PICKING, (guards.is_not_held,)),
    Way(
        Act.PACK,
        _AT_WORK,
        _STAFF,
        Stage.PICKING,
        (guards.is_not_held,),
        _of(lines.packed, units.packing),
        changes.kept_until,
    ),
    # The shopper is on the way, or here, for a part: the rest can be packed meanwhile.
    Way(
        Act.PACK,
        (State.ON_MY_WAY, State.HERE, State.PARTLY_COLLECTED),
        _STAFF,
        None,
        (guards.is_not_held,),
        _of(lines.packed, units.packing),
    ),
    # What is missing may turn up here after all, and other lines go on meanwhile.
    Way(
        Act.PACK,
        ON_THE_ROAD,
        _STAFF,
        None,
        (guards.is_not_held,),
        _of(lines.packed, units.packing),
        changes.kept_until,
    ),
    # The platform knows readiness of whole fulfillment orders only: the rest gets one of its own.
    Way(
        Act.SPLIT,
        (State.PARTLY_READY, State.ON_MY_WAY, State.HERE),
        (Actor.SHOPPER, *_STAFF),
        None,
        (guards.is_not_held, guards.has_a_rest),
        _each(lines.left_behind),
        lambda pickup, how: {"covers_order": False},
    ),
    Way(
        Act.MISS,
        (*_AT_WORK, State.READY, State.PARTLY_COLLECTED, State.ON_MY_WAY, State.HERE),
        _STAFF,
        Stage.PICKING,
        (guards.says_how_much,),
        _of(lines.missed, units.missing),
    ),
    Way(
        Act.WAIT,
        (State.SHORT,),
        (Actor.SHOPPER, *_STAFF),
        Stage.ACCEPTED,
        (),
        _each(lines.awaited),
    ),
    Way(
        Act.DROP,
        (State.SHORT,),
        (Actor.SHOPPER, *_STAFF),
        None,
        (),
        _each(lines.dropped_missing),
    ),
    # Another store has it: asked for, sent, received, and then it is put aside like the rest.
    Way(
        Act.BRING,
        (State.SHORT,),
        (Actor.SHOPPER, *_STAFF),
        Stage.TRANSFER,
        (guards.is_not_held,),
        more=changes.unpromised,
    ),
    Way(Act.DISPATCH, (State.TRANSFER,), _STAFF, Stage.INBOUND),
    Way(
        Act.RECEIVE,
        (State.INBOUND,),
        _STAFF,
        Stage.RECEIVED,
        (guards.says_how_much,),
        _of(lines.come, units.named),
        changes.kept_anew,
    ),
    Way(Act.CALL_OFF, (State.TRANSFER,), (Actor.SHOPPER, *_STAFF), Stage.PICKING),
    # Something else instead: until the platform has edited the order, nobody else touches it.
    Way(
        Act.SUBSTITUTE,
        (State.SHORT,),
        (Actor.SHOPPER, *_STAFF),
        Stage.SUBSTITUTING,
        (guards.is_not_held,),
    ),
    Way(Act.EXCHANGE, (State.SUBSTITUTING,), _PLATFORM, Stage.PICKING),
    # What is missing, or all that is still owed, is sent to the shopper instead.
    Way(
        Act.SHIP,
        (State.SHORT,),
        (Actor.SHOPPER, *_STAFF),
        Stage.SENDING,
        (guards.is_not_held,),
        _given_up,
    ),
    Way(
        Act.SHIPPED,
        (State.SENDING,),
        _PLATFORM,
        Stage.SENT,
        (),
        _each(lines.dropped_missing),
    ),
    Way(Act.CALL_OFF, AT_THE_PLATFORM, _PLATFORM, Stage.PICKING),
    Way(
        Act.ANNOUNCE,
        (State.READY, State.PARTLY_READY),
        _THEY,
        Stage.ON_MY_WAY,
        (guards.is_not_held,),
        more=changes.arrival,
    ),
    Way(
        Act.ARRIVE,
        (State.READY, State.PARTLY_READY, State.ON_MY_WAY),
        (*_THEY, *_STAFF),
        Stage.HERE,
        (guards.is_not_held,),
        more=changes.arrival,
    ),
    # Expired goods lie there until somebody has put them back, so they can still be had.
    Way(
        Act.HAND_OVER,
        (*_KEPT, State.SHORT, State.EXPIRED),
        _STAFF,
        Stage.PICKING,
        (guards.is_not_held, guards.is_old_enough),
        _of(lines.handed_over, units.taking),
    ),
    Way(
        Act.HAND_OVER,
        (*ON_THE_ROAD, State.RECEIVED),
        _STAFF,
        None,
        (guards.is_not_held, guards.is_old_enough),
        _of(lines.handed_over, units.taking),
    ),
    Way(
        Act.PROMISE,
        tuple(state for state in OPEN if state is not State.EXPIRED),
        (Actor.SHOPPER, *_STAFF, Actor.PLATFORM),
        None,
        (guards.while_it_is_kept,),
        more=changes.promised,
    ),
    Way(Act.PUT, (*_KEPT, State.EXPIRED), _STAFF, more=changes.bay),
    Way(
        Act.TELL,
        tuple(state for state in _KEPT if state is not State.HERE),
        _STAFF,
        None,
        (guards.is_not_held,),
    ),
    Way(Act.EXTEND, _KEPT, (Actor.SHOPPER,), None, (guards.may_extend,), more=changes.longer),
    Way(Act.EXTEND, _KEPT, _STAFF, None, more=changes.longer),
    Way(Act.EXTEND, (State.EXPIRED,), _STAFF, Stage.PICKING, more=changes.longer),
    # Whoever stands at the counter is served, however late; nobody else is waited for.
    Way(
        Act.EXPIRE,
        tuple(state for state in _KEPT if state is not State.HERE),
        _TIMER,
        Stage.EXPIRED,
        (guards.is_over,),
    ),
    Way(
        Act.RESTOCK,
        (State.EXPIRED,),
        _STAFF,
        Stage.RESTOCKED,
        (),
        _each(lines.dropped_all),
    ),
    Way(
        Act.CANCEL,
        (*EARLY, State.SHORT, State.TRANSFER),
        (Actor.SHOPPER, Actor.STAFF),
        Stage.CANCELLED,
        (),
        _each(lines.dropped_all),
    ),
    # Once goods were put aside, somebody has to answer for it.
    Way(
        Act.CANCEL,
        tuple(state for state in OPEN if state not in AT_THE_PLATFORM),
        (Actor.MANAGER, Actor.PLATFORM),
        Stage.CANCELLED,
        (),
        _each(lines.dropped_all),
    ),
    Way(
        Act.CANCEL,
        AT_THE_PLATFORM,
        _PLATFORM,
        Stage.CANCELLED,
        (),
        _each(lines.dropped_all),
    ),
    Way(
        Act.MOVE,
        OPEN,
        _PLATFORM,
        Stage.REQUESTED,
        (guards.goes_elsewhere,),
        _each(lines.back_on_the_shelf),
        changes.there,
    ),
    # Whose goods are missing may collect all of it where they are.
    Way(
        Act.MOVE,
        (State.SHORT,),
        (Actor.SHOPPER, *_STAFF),
        Stage.REQUESTED,
        (guards.goes_elsewhere, guards.is_not_held, guards.has_nothing_given),
        _each(lines.back_on_the_shelf),
        changes.there,
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
        (guards.says_how_much,),
        _of(lines.rejoined, units.named),
    ),
    Way(
        Act.END,
        OPEN,
        _PLATFORM,
        Stage.COLLECTED,
        (),
        _each(lines.all_collected),
    ),
)
