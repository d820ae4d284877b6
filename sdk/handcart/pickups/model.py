"""What a pickup is and how it may change; no I/O.

States are a table: a new state, or a new way between two, is a new row of ``WAYS`` (and a state
that staff still have work with is listed in ``OPEN``). A state that no way leaves is terminal:
nothing that comes late revives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ..errors import BadInput, InvalidTransition
from ..platform.port import FulfillmentOrder


class State(StrEnum):
    REQUESTED = "requested"
    READY = "ready"
    COLLECTED = "collected"
    CANCELLED = "cancelled"


class Actor(StrEnum):
    STAFF = "staff"
    SHOPPER = "shopper"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Way:
    """``who`` may take a pickup from ``start`` to ``wanted``."""

    start: State
    wanted: State
    who: frozenset[Actor]


_STAFF = frozenset({Actor.STAFF})
_ALL = frozenset(Actor)
_STAFF_OR_PLATFORM = frozenset({Actor.STAFF, Actor.PLATFORM})
_PLATFORM = frozenset({Actor.PLATFORM})

WAYS = (
    Way(State.REQUESTED, State.READY, _STAFF),
    Way(State.REQUESTED, State.COLLECTED, _PLATFORM),
    Way(State.REQUESTED, State.CANCELLED, _ALL),
    Way(State.READY, State.COLLECTED, _STAFF_OR_PLATFORM),
    Way(State.READY, State.CANCELLED, _ALL),
)
OPEN = (State.REQUESTED, State.READY)
TERMINAL = tuple(state for state in State if all(way.start is not state for way in WAYS))
_WHO = {(way.start, way.wanted): way.who for way in WAYS}

# Statuses of a fulfillment order: somebody should prepare the goods; nobody should any more.
WORKING = ("open", "in_progress")
ENDED = ("closed", "cancelled")

# Why a pickup is cancelled, and who may give that reason.
REASONS: Mapping[str, frozenset[Actor]] = {
    "out_of_stock": _STAFF,
    "damaged": _STAFF,
    "never_came": _STAFF,
    "customer_asked": _STAFF,
    "other": _STAFF,
    "changed_mind": frozenset({Actor.SHOPPER}),
    "order_cancelled": _PLATFORM,
    "fulfillment_order_cancelled": _PLATFORM,
}


def actor_of(by: str) -> Actor:
    """The kind of actor behind ``staff:7``, ``shopper`` or ``platform``."""
    return Actor(by.partition(":")[0])


def reason_for(reason: str, by: str) -> str:
    """``reason`` if whoever acts may give it; raises BadInput otherwise."""
    if actor_of(by) not in REASONS.get(reason, ()):
        raise BadInput("reason_unknown", "this is no reason to cancel a pickup")
    return reason


@dataclass(frozen=True, slots=True)
class PickupLine:
    """``quantity`` units are to be handed over, ``collected`` of them were."""

    line_id: int
    variant_id: int | None
    title: str
    sku: str
    quantity: int
    collected: int = 0


@dataclass(frozen=True, slots=True)
class Pickup:
    """The goods of one fulfillment order that wait, or waited, at one location.

    ``version`` counts the changes; ``generation`` counts the codes (a new one makes the old code
    and page link worthless); ``changed_at`` is since when the state holds.
    """

    pickup_id: str
    fulfillment_order_id: int
    order_id: int
    order_name: str
    location_id: int
    customer_id: int | None
    customer_name: str
    covers_order: bool
    state: State
    lines: tuple[PickupLine, ...]
    requested_at: datetime
    changed_at: datetime
    version: int = 1
    generation: int = 1

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    def may_become(self, wanted: State, by: str) -> bool:
        return actor_of(by) in _WHO.get((self.state, wanted), ())

    def become(self, wanted: State, by: str, *, at: datetime) -> Pickup:
        """The pickup in its next state; raises InvalidTransition when ``by`` may not take it."""
        if not self.may_become(wanted, by):
            raise InvalidTransition(state=self.state, wanted=wanted)
        return replace(
            self,
            state=wanted,
            lines=self._handed_over() if wanted is State.COLLECTED else self.lines,
            changed_at=at,
            version=self.version + 1,
        )

    def _handed_over(self) -> tuple[PickupLine, ...]:
        return tuple(replace(line, collected=line.quantity) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Change:
    """One step in the life of a pickup: who took it where, when and why."""

    version: int
    at: datetime
    by: str
    start: State | None
    wanted: State
    why: str


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order as a webhook told it; ``order_token`` is the unguessable one of its status page."""

    order_id: int
    name: str
    order_token: str
    customer_id: int | None
    customer_name: str
    updated_at: datetime
    cancelled_at: datetime | None
    fulfilled: bool


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What has been seen of an order so far; any order of arrival ends in the same facts."""

    order_id: int
    updated_at: datetime
    cancelled_at: datetime | None
    fulfilled: bool

    def joined(self, seen: OrderSeen) -> OrderFacts:
        """The newer of both; of two from the same second, whatever either says has happened."""
        if seen.updated_at < self.updated_at:
            return self
        if seen.updated_at > self.updated_at:
            return facts_of(seen)
        return replace(
            self,
            cancelled_at=self.cancelled_at or seen.cancelled_at,
            fulfilled=self.fulfilled or seen.fulfilled,
        )


def facts_of(seen: OrderSeen) -> OrderFacts:
    return OrderFacts(seen.order_id, seen.updated_at, seen.cancelled_at, seen.fulfilled)


@dataclass(frozen=True, slots=True)
class WorkFacts:
    """The newest that is known of a fulfillment order: its status, and as of when."""

    status: str
    updated_at: datetime

    def joined(self, other: WorkFacts) -> WorkFacts:
        """The newer of both; of two from the same second, the one further on."""
        return max(self, other, key=lambda facts: (facts.updated_at, _FURTHER.get(facts.status, 0)))


_FURTHER = {status: place for place, status in enumerate(ENDED, start=1)}


def end_elsewhere(order: OrderFacts | None, work: WorkFacts) -> tuple[State, str] | None:
    """How the platform ended the pickup, and why; None while it waits.

    A fulfillment order closes when its goods are handed over, and also when its order is
    cancelled. So that the order in which both are told does not matter, a closed one says
    nothing until the order is known as it was then or later.
    """
    if order and order.cancelled_at:
        return State.CANCELLED, "order_cancelled"
    if work.status == "cancelled":
        return State.CANCELLED, "fulfillment_order_cancelled"
    if order and order.fulfilled:
        return State.COLLECTED, "order_fulfilled"
    if order and work.status == "closed" and order.updated_at >= work.updated_at:
        return State.COLLECTED, "fulfillment_order_closed"
    return None


def pickup_for(order: FulfillmentOrder, *, at: datetime) -> Pickup | None:
    """The pickup that a fulfillment order asks for; None when its goods go another way."""
    if order.method != "pick_up" or order.location_id is None:
        return None
    return Pickup(
        pickup_id=str(order.fulfillment_order_id),
        fulfillment_order_id=order.fulfillment_order_id,
        order_id=order.order_id,
        order_name=order.order_name,
        location_id=order.location_id,
        customer_id=order.customer_id,
        customer_name=order.customer_name,
        covers_order=order.covers_order,
        state=State.REQUESTED,
        lines=tuple(
            PickupLine(line.line_id, line.variant_id, line.title, line.sku, line.quantity)
            for line in order.lines
        ),
        requested_at=at,
        changed_at=at,
    )
