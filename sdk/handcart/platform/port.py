"""What the rooms may ask of a platform, in Handcart's own words.

A platform is bound to one shop. Reads may be repeated freely. Calls are made by the relay, at
least once: **calling twice with the same key is the same as calling once**, and a call whose
effect is already there succeeds. Every method may raise PlatformError; the relay retries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ShopProfile:
    """``time_zone`` is an IANA name, ``currency`` an ISO 4217 code."""

    name: str
    time_zone: str
    currency: str
    email: str


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """A place where the shop keeps goods; ``opening_hours`` in OpenStreetMap's syntax, or empty."""

    location_id: int
    name: str
    address: str
    phone: str
    active: bool
    offers_pickup: bool
    opening_hours: str


@dataclass(frozen=True, slots=True)
class StockLevel:
    """``available`` units of one item at one location."""

    inventory_item_id: int
    variant_id: int
    location_id: int
    available: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class FulfillmentLine:
    """``line_id`` is the fulfillment order's line; ``quantity`` is what is still to be fulfilled."""

    line_id: int
    variant_id: int | None
    title: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class FulfillmentOrder:
    """The part of an order that one location fulfils one way.

    ``method`` is lower case (``pick_up``, ``shipping``, ``retail``…), ``status`` too (``open``,
    ``in_progress``, ``closed``, ``cancelled``, ``incomplete``, ``on_hold``, ``scheduled``).
    """

    fulfillment_order_id: int
    order_id: int
    order_name: str
    method: str
    status: str
    location_id: int | None
    customer_name: str
    customer_id: int | None
    covers_order: bool
    updated_at: datetime
    lines: tuple[FulfillmentLine, ...]


class Admin(Protocol):
    """The platform's Admin API for one shop."""

    @property
    def shop(self) -> str: ...

    def execute(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Run one GraphQL document and return its ``data``.

        Raises UserErrors when any mutation in it answers with some, Throttled after the last
        retry, TokenRefused on 401, PlatformError for the rest.
        """
        ...


class Platform(Protocol):
    """Everything Handcart's own rooms need from the platform of one shop."""

    @property
    def shop(self) -> str: ...

    def profile(self) -> ShopProfile: ...

    def locations(self) -> Sequence[StoreLocation]: ...

    def levels(self) -> Iterator[StockLevel]:
        """Every level of every active location, page by page."""
        ...

    def fulfillment_order(self, fulfillment_order_id: int) -> FulfillmentOrder | None: ...

    def fulfillment_orders(self, order_id: int) -> Sequence[FulfillmentOrder]: ...

    def prepare_for_pickup(self, *, fulfillment_order_id: int, key: str) -> None:
        """The platform knows that these goods wait at the counter."""
        ...

    def fulfil(self, *, fulfillment_order_id: int, lines: Mapping[str, int], key: str) -> None:
        """``lines`` maps the fulfillment order's line id (as text) to the quantity handed over."""
        ...

    def cancel_order(self, *, order_id: int, reason: str, key: str) -> None:
        """The whole order is cancelled, restocked and refunded; ``reason`` is customer or staff."""
        ...

    def cancel_fulfillment_order(self, *, fulfillment_order_id: int, key: str) -> None:
        """Only this part of the order is cancelled."""
        ...
