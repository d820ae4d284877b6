"""What a pickup is, and what is known of its order; no I/O. ``life`` says how it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ..errors import BadInput
from ..platform.port import FulfillmentOrder
from .lines import PickupLine, asked_for
from .policy import USUAL, Policy
from .states import OPEN, PHASES, Act, Actor, Phase, Stage, State, actor_of, header

# Statuses of a fulfillment order: somebody should prepare the goods; nobody should any more.
WORKING = ("open", "in_progress")
ENDED = ("closed", "cancelled")
# … or nobody should for now.
HELD = ("on_hold", "scheduled")

_STAFF = frozenset({Actor.STAFF, Actor.MANAGER})
_PLATFORM = frozenset({Actor.PLATFORM})

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
# Why staff could not put a unit aside.
SHORTAGES = ("not_found", "damaged", "mismatch")


def reason_for(reason: str, by: str) -> str:
    """``reason`` if whoever acts may give it; raises BadInput otherwise."""
    if actor_of(by) not in REASONS.get(reason, ()):
        raise BadInput("reason_unknown", "this is no reason to cancel a pickup")
    return reason


def shortage_for(reason: str) -> str:
    """``reason`` if it says why a unit is missing; raises BadInput otherwise."""
    if reason not in SHORTAGES:
        raise BadInput("reason_unknown", "this is no reason why something is missing")
    return reason


@dataclass(frozen=True, slots=True)
class Pickup:
    """The goods of one fulfillment order that wait, or waited, at one location.

    ``version`` counts the changes; ``generation`` counts the codes (a new one makes the old code
    and page link worthless); ``changed_at`` is since when the state holds. ``held``: the shop has
    put the order on hold. ``expires_at``: until when the goods are kept, known once some lie at
    the counter; ``escalates_at``: when an order that nobody accepted is late. ``arrival`` is what
    the shopper said of how they come (a parking bay, a car), and ``came_at`` when. ``promised_at``:
    from when the shopper was told that the goods can be collected.
    """

    pickup_id: str
    fulfillment_order_id: int
    order_id: int
    order_name: str
    location_id: int
    customer_id: int | None
    customer_name: str
    covers_order: bool
    stage: Stage
    lines: tuple[PickupLine, ...]
    requested_at: datetime
    changed_at: datetime
    version: int = 1
    generation: int = 1
    held: bool = False
    escalates_at: datetime | None = None
    expires_at: datetime | None = None
    extensions: int = 0
    bay: str = ""
    arrival: str = ""
    came_at: datetime | None = None
    promised_at: datetime | None = None

    @property
    def state(self) -> State:
        return header(self.stage, self.lines)

    @property
    def phase(self) -> Phase:
        return PHASES[self.state]

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def min_age(self) -> int:
        """In years, of whom all that waits may be handed to; 0 for anybody."""
        return max((line.min_age for line in self.lines if line.asked > line.collected), default=0)

    @property
    def units(self) -> int:
        """What the shopper is to have in the end."""
        return sum(line.asked for line in self.lines)


@dataclass(frozen=True, slots=True)
class Change:
    """One step in the life of a pickup: what was done, by whom, when, where and why.

    ``act`` is unknown of what an older version of Handcart wrote down; ``units``: line id (as
    text) to how many units the act was about.
    """

    version: int
    at: datetime
    by: str
    act: Act | None
    start: State | None
    wanted: State
    why: str
    location_id: int | None = None
    units: Mapping[str, int] | None = None


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


def work_facts_of(order: FulfillmentOrder) -> WorkFacts:
    return WorkFacts(order.status, order.updated_at)


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


def pickup_for(order: FulfillmentOrder, *, at: datetime, policy: Policy = USUAL) -> Pickup | None:
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
        stage=Stage.REQUESTED,
        lines=tuple(asked_for(line) for line in order.lines),
        requested_at=at,
        changed_at=at,
        escalates_at=at + policy.unseen,
    )
