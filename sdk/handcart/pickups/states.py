"""The words of a pickup's life: where it is, what can be done to it, and by whom.

The truth is in the lines: how many units are packed, missing, dropped, collected. The **stage**
keeps what no quantity says (somebody accepted it, the shopper is here, it expired). The **state**
that people see is derived from both by ``header`` and never written down on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from .lines import PickupLine


class State(StrEnum):
    """What people see of a pickup."""

    REQUESTED = "requested"
    ESCALATED = "escalated"
    ACCEPTED = "accepted"
    PICKING = "picking"
    SHORT = "short"
    TRANSFER = "transfer"
    INBOUND = "inbound"
    SUBSTITUTING = "substituting"
    SENDING = "sending"
    RECEIVED = "received"
    PARTLY_READY = "partly_ready"
    READY = "ready"
    ON_MY_WAY = "on_my_way"
    HERE = "here"
    PARTLY_COLLECTED = "partly_collected"
    EXPIRED = "expired"
    COLLECTED = "collected"
    SENT = "sent"
    RESTOCKED = "restocked"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """What no quantity says; PICKING goes on for as long as the goods are on their way out."""

    REQUESTED = "requested"
    ESCALATED = "escalated"
    ACCEPTED = "accepted"
    PICKING = "picking"
    TRANSFER = "transfer"
    INBOUND = "inbound"
    SUBSTITUTING = "substituting"
    SENDING = "sending"
    SENT = "sent"
    RECEIVED = "received"
    ON_MY_WAY = "on_my_way"
    HERE = "here"
    EXPIRED = "expired"
    COLLECTED = "collected"
    RESTOCKED = "restocked"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """A state as coarsely as lists need it: to prepare, to hand over, handed over, or neither."""

    REQUESTED = "requested"
    READY = "ready"
    COLLECTED = "collected"
    CANCELLED = "cancelled"


class Actor(StrEnum):
    """A manager is of the staff too, and may do what only some of them should."""

    STAFF = "staff"
    MANAGER = "manager"
    SHOPPER = "shopper"
    PROXY = "proxy"
    PLATFORM = "platform"
    TIMER = "timer"


class Act(StrEnum):
    """What can be done to a pickup; the rows of ``ways.WAYS`` say when and by whom."""

    REQUEST = "request"
    ACCEPT = "accept"
    ESCALATE = "escalate"
    PICK = "pick"
    PACK = "pack"
    SPLIT = "split"
    MISS = "miss"
    WAIT = "wait"
    DROP = "drop"
    BRING = "bring"
    DISPATCH = "dispatch"
    RECEIVE = "receive"
    CALL_OFF = "call_off"
    SUBSTITUTE = "substitute"
    EXCHANGE = "exchange"
    SHIP = "ship"
    SHIPPED = "shipped"
    PROMISE = "promise"
    PUT = "put"
    ANNOUNCE = "announce"
    ARRIVE = "arrive"
    HAND_OVER = "hand_over"
    TELL = "tell"
    EXTEND = "extend"
    EXPIRE = "expire"
    RESTOCK = "restock"
    CANCEL = "cancel"
    MOVE = "move"
    CORRECT = "correct"
    REJOIN = "rejoin"
    END = "end"


TERMINAL = (State.COLLECTED, State.SENT, State.RESTOCKED, State.CANCELLED)
OPEN = tuple(state for state in State if state not in TERMINAL)
# Nobody has put anything aside yet: the shopper may still change their mind.
EARLY = (State.REQUESTED, State.ESCALATED, State.ACCEPTED)
# What is missing here comes from another store.
ON_THE_ROAD = (State.TRANSFER, State.INBOUND)
# The platform is asked to change the order: until it has answered nobody else touches the goods.
AT_THE_PLATFORM = (State.SUBSTITUTING, State.SENDING)
PREPARING = (
    *EARLY,
    State.PICKING,
    State.SHORT,
    *ON_THE_ROAD,
    *AT_THE_PLATFORM,
    State.RECEIVED,
    State.PARTLY_READY,
)

PHASES: Mapping[State, Phase] = {
    **dict.fromkeys(PREPARING, Phase.REQUESTED),
    State.READY: Phase.READY,
    State.ON_MY_WAY: Phase.READY,
    State.HERE: Phase.READY,
    State.PARTLY_COLLECTED: Phase.READY,
    State.EXPIRED: Phase.READY,
    State.COLLECTED: Phase.COLLECTED,
    State.SENT: Phase.CANCELLED,
    State.RESTOCKED: Phase.CANCELLED,
    State.CANCELLED: Phase.CANCELLED,
}
OPEN_PHASES = (Phase.REQUESTED, Phase.READY)


def actor_of(by: str) -> Actor:
    """The kind of actor behind ``staff:7``, ``shopper``, ``proxy:3``, ``platform`` or ``timer``."""
    return Actor(by.partition(":")[0])


def header(stage: Stage, lines: Sequence[PickupLine]) -> State:
    """The state that the lines add up to at this stage."""
    asked = sum(line.asked for line in lines)
    packed = sum(line.packed for line in lines)
    collected = sum(line.collected for line in lines)
    if collected and collected == asked:
        return State.COLLECTED
    if stage in (Stage.COLLECTED, Stage.RESTOCKED, Stage.CANCELLED):
        return State(stage)
    if not asked and any(line.dropped for line in lines):
        return State.SENT if stage in (Stage.SENDING, Stage.SENT) else State.CANCELLED
    if stage is Stage.EXPIRED:
        return State.EXPIRED
    if any(line.missing for line in lines):
        return State(stage) if stage in _WAITING_FOR_OTHERS else State.SHORT
    if stage is Stage.RECEIVED and packed < asked:
        return State.RECEIVED
    if stage in (Stage.ON_MY_WAY, Stage.HERE) and packed > collected:
        return State(stage)
    return _so_far(stage, asked=asked, packed=packed, collected=collected)


# Somebody else has to do something about what is missing: another store, or the platform.
_WAITING_FOR_OTHERS = (Stage.TRANSFER, Stage.INBOUND, Stage.SUBSTITUTING, Stage.SENDING)
# Stages that say nothing where nothing is packed, or nothing is missing any more.
_NOT_BEFORE = (Stage.ON_MY_WAY, Stage.HERE, Stage.SENT, *_WAITING_FOR_OTHERS)


def _so_far(stage: Stage, *, asked: int, packed: int, collected: int) -> State:
    if collected:
        return State.PARTLY_COLLECTED
    if packed:
        return State.READY if packed == asked else State.PARTLY_READY
    return State.PICKING if stage in _NOT_BEFORE else State(stage)
