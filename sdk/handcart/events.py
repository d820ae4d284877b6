"""Our facts: past tense, frozen, durable. ``@app.on(PickupReady)`` hears them after the commit.

Every field is a string, a number or a list of them, so that a fact can wait in the database and
be read back by the next version of the code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """The root of all facts."""


@dataclass(frozen=True, slots=True)
class ShopInstalled(Event):
    """The shop has a usable access token; true once for each installation."""

    scopes: str


@dataclass(frozen=True, slots=True)
class ShopUninstalled(Event):
    """The shop removed the app; its tokens are gone."""


@dataclass(frozen=True, slots=True)
class ScopesChanged(Event):
    """The merchant granted more, or took something back; both lists are sorted."""

    granted: Sequence[str]
    revoked: Sequence[str]


@dataclass(frozen=True, slots=True)
class PlanChanged(Event):
    """What the shop pays for changed; ``status`` is ``active``, ``cancelled``, ``frozen``…"""

    plan: str
    status: str


@dataclass(frozen=True, slots=True)
class CartChanged(Event):
    """A cart has a new version; ``quantities`` maps line key to quantity as it is now."""

    cart_id: str
    version: int
    quantities: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CartMerged(Event):
    """A guest's cart was adopted into a shopper's, once; the guest's cart is closed."""

    cart_id: str
    guest_cart_id: str
    quantities: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CartSealed(Event):
    """What was bought left the cart; ``order_id`` is the platform's."""

    cart_id: str
    order_id: int


@dataclass(frozen=True, slots=True)
class CustomersMerged(Event):
    """Two customers are one: what was of ``gone_id`` is of ``customer_id`` now."""

    customer_id: int
    gone_id: int


@dataclass(frozen=True, slots=True)
class HouseholdJoined(Event):
    """A customer shares somebody's cart now; ``role`` is ``editor`` or ``viewer``."""

    household_id: str
    customer_id: int
    role: str


@dataclass(frozen=True, slots=True)
class HouseholdLeft(Event):
    """A customer has no access to the shared cart any more, by their own wish or the owner's."""

    household_id: str
    customer_id: int


@dataclass(frozen=True, slots=True)
class PickupRequested(Event):
    """A paid order waits for the staff of one store."""

    pickup_id: str
    order_id: int
    location_id: int


@dataclass(frozen=True, slots=True)
class PickupEscalated(Event):
    """Nobody at the store has seen the order for too long."""

    pickup_id: str
    order_id: int
    location_id: int


@dataclass(frozen=True, slots=True)
class PickupShort(Event):
    """Something of the order was not to be found; ``reason`` is one of the pickup room's codes."""

    pickup_id: str
    order_id: int
    location_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class PickupReady(Event):
    """Goods lie at the counter and the shopper may come: all of them if ``whole``, else some."""

    pickup_id: str
    order_id: int
    location_id: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class PickupComing(Event):
    """The shopper is on the way, or at the store already if ``here``."""

    pickup_id: str
    order_id: int
    location_id: int
    here: bool


@dataclass(frozen=True, slots=True)
class PickupExtended(Event):
    """The goods are kept for longer: ``until`` this moment, in ISO 8601."""

    pickup_id: str
    order_id: int
    location_id: int
    until: str


@dataclass(frozen=True, slots=True)
class PickupExpired(Event):
    """Nobody came in time; the goods are to be put back."""

    pickup_id: str
    order_id: int
    location_id: int


@dataclass(frozen=True, slots=True)
class PickupRestocked(Event):
    """Goods that nobody came for are back on the shelf, and will be refunded."""

    pickup_id: str
    order_id: int
    location_id: int


@dataclass(frozen=True, slots=True)
class PickupSent(Event):
    """Nothing is left to collect: what was owed is sent to the shopper, as an order of its own."""

    pickup_id: str
    order_id: int
    location_id: int


@dataclass(frozen=True, slots=True)
class PickupCollected(Event):
    """Goods were handed over: the last of them if ``whole``, else a part."""

    pickup_id: str
    order_id: int
    location_id: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class PickupCancelled(Event):
    """Nobody will come for these goods; ``reason`` is one of the pickup room's codes."""

    pickup_id: str
    order_id: int
    location_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class StockChanged(Event):
    """What a location can sell of one item is now ``available``."""

    inventory_item_id: int
    location_id: int
    available: int


@dataclass(frozen=True, slots=True)
class HoldReleased(Event):
    """Somebody let go by hand what a checkout or a transfer held, and said ``why``."""

    hold_id: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class StockShort(Event):
    """More of an item was sold at a location than lay there: ``missing`` units more."""

    inventory_item_id: int
    location_id: int
    missing: int


def event_name(kind: type[Event]) -> str:
    """The name a fact is stored under: its class's."""
    return kind.__name__


def event_payload(fact: Event) -> dict[str, Any]:
    return asdict(fact)


def read_event(kind: type[Event], payload: Mapping[str, Any]) -> Event:
    """The fact back from its stored form; fields it no longer has are dropped."""
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in payload.items() if name in known})
