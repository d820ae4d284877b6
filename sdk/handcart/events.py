"""Our facts: past tense, frozen, durable. ``@app.on(PickupReady)`` hears them after the commit.

Every field is a string, a number or a list of them, so that a fact can wait in the database and
be read back by the next version of the code.
"""

from __future__ import annotations

from collections.abc import Mapping
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
class PickupRequested(Event):
    """A paid order waits for the staff of one store."""

    pickup_id: str
    order_id: int
    location_id: int


@dataclass(frozen=True, slots=True)
class PickupReady(Event):
    """The goods lie at the counter and the shopper may come."""

    pickup_id: str
    order_id: int
    location_id: int


@dataclass(frozen=True, slots=True)
class PickupCollected(Event):
    """The goods were handed over."""

    pickup_id: str
    order_id: int
    location_id: int


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


def event_name(kind: type[Event]) -> str:
    """The name a fact is stored under: its class's."""
    return kind.__name__


def event_payload(fact: Event) -> dict[str, Any]:
    return asdict(fact)


def read_event(kind: type[Event], payload: Mapping[str, Any]) -> Event:
    """The fact back from its stored form; fields it no longer has are dropped."""
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in payload.items() if name in known})
