"""What the rooms may ask of a platform, in Handcart's own words.

A platform is bound to one shop. Reads may be repeated freely. Calls are made by the relay, at
least once: **calling twice with the same key is the same as calling once**, and a call whose
effect is already there succeeds. Every method may raise PlatformError; the relay retries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Page(Generic[Found]):
    """Some of what was asked for; ``after`` asks for what follows, None when nothing does."""

    found: tuple[Found, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class ShopProfile:
    """``time_zone`` is an IANA name, ``currency`` an ISO 4217 code."""

    name: str
    time_zone: str
    currency: str
    email: str


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """A place where the shop keeps goods; ``opening_hours`` in OpenStreetMap's syntax, or empty.

    ``pickup_time`` is the platform's word for how soon, None where no pickup is offered;
    ``pickup_instructions`` is what its checkout says beside that. ``latitude`` and ``longitude``
    in degrees, None where the platform does not know them.
    """

    location_id: int
    name: str
    address: str
    phone: str
    active: bool
    offers_pickup: bool
    opening_hours: str
    pickup_time: str | None = None
    pickup_instructions: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach whoever placed an order; ``email`` is empty where there is none."""

    email: str = field(repr=False)
    locale: str


@dataclass(frozen=True, slots=True)
class Product:
    """What is sold under one title, and the ids of its variants."""

    product_id: int
    title: str
    variants: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """What one variant costs, in the shop's currency; ``on_sale``: its product is active.

    ``updated_at`` is when anything of its product changed last.
    """

    variant_id: int
    product_id: int
    inventory_item_id: int | None
    title: str
    handle: str
    price: Decimal
    on_sale: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StockLevel:
    """``available`` units of one item at one location, and how its variant is called.

    ``set_aside``: units that lie there and are promised to orders; None when it was not asked for.
    """

    inventory_item_id: int
    variant_id: int
    location_id: int
    available: int
    updated_at: datetime
    set_aside: int | None = None
    title: str = ""
    sku: str = ""
    barcode: str = ""


@dataclass(frozen=True, slots=True)
class FulfillmentLine:
    """``line_id``: the fulfillment order's line; ``quantity``: what is still to be fulfilled.

    ``total``: the units that the line has in all, those that were fulfilled already among them;
    None when it was not asked for. ``min_age``: in years, of whom it may be handed to; 0 for all.
    """

    line_id: int
    variant_id: int | None
    title: str
    sku: str
    quantity: int
    total: int | None = None
    min_age: int = 0


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


@dataclass(frozen=True, slots=True)
class SoldLine:
    """``quantity`` is what was bought, also when some of it was refunded since."""

    variant_id: int
    quantity: int
    properties: Mapping[str, str]
    selling_plan: int | None


@dataclass(frozen=True, slots=True)
class Order:
    """``token`` is the unguessable one of its status page, ``cart_token`` its cart's.

    ``shipped``: something of it leaves the shop by a shipping line, pickups among them.
    ``cancel_reason`` is the platform's word, in lower case. Only its webhooks tell ``source``
    (``pos`` for a till's), ``location_id`` of that till, and ``processed_at``, when it was sold:
    earlier than it was told if the till was offline.
    """

    order_id: int
    name: str
    token: str
    cart_token: str | None
    customer_id: int | None
    customer_name: str
    updated_at: datetime
    cancelled_at: datetime | None
    fulfilled: bool
    shipped: bool
    lines: tuple[SoldLine, ...]
    cancel_reason: str | None = None
    source: str = ""
    location_id: int | None = None
    processed_at: datetime | None = None

    @property
    def sold_in_store(self) -> bool:
        """Paid and handed over at a till."""
        return self.source == "pos" and self.fulfilled and not self.shipped


@dataclass(frozen=True, slots=True)
class Swap:
    """``units`` of a fulfillment order's line leave the order, as many of a variant join it."""

    line_id: int
    variant_id: int
    units: int


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """Where something is sent. ``country`` is an ISO 3166 code, ``region`` what its post calls a
    state or province, in the platform's code; empty where there is none.
    """

    name: str = field(repr=False)
    street: str = field(repr=False)
    more: str = field(repr=False)
    postcode: str = field(repr=False)
    town: str = field(repr=False)
    region: str
    country: str
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """A customer as staff know them; ``email`` and ``phone`` are empty where there is none."""

    customer_id: int
    name: str
    email: str
    phone: str


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

    def order_contact(self, order_id: int) -> Contact | None:
        """How to reach whoever placed the order; None when there is no such order (any more)."""
        ...

    def customer_contact(self, customer_id: int) -> Contact | None:
        """How to reach a customer; None if there is no such customer."""
        ...

    def variant(self, variant_id: int) -> Variant | None: ...

    def variants_changed(self, *, since: datetime, after: str | None = None) -> Page[Variant]:
        """Variants that changed at ``since`` or later, a page at a time."""
        ...

    def find_products(self, text: str) -> Sequence[Product]:
        """The first ten products in whose title each word of ``text`` begins a word."""
        ...

    def levels(self) -> Iterator[StockLevel]:
        """Every level of every active location, page by page."""
        ...

    def level(self, *, inventory_item_id: int, location_id: int) -> StockLevel | None:
        """One level as it is now; None when the location does not keep the item."""
        ...

    def customers(self, words: str) -> Sequence[FoundCustomer]:
        """At most eight whose name, e-mail or phone number holds all the words."""
        ...

    def fulfillment_order(self, fulfillment_order_id: int) -> FulfillmentOrder | None: ...

    def fulfillment_orders(self, order_id: int) -> Sequence[FulfillmentOrder]: ...

    def orders_changed(self, *, since: datetime, after: str | None = None) -> Page[Order]:
        """A page of the orders that changed at ``since`` or later, as they are now."""
        ...

    def fulfillment_orders_changed(
        self, *, since: datetime, after: str | None = None
    ) -> Page[FulfillmentOrder]:
        """The same of fulfillment orders, those that have ended among them."""
        ...

    def levels_changed(self, *, since: datetime, after: str | None = None) -> Page[StockLevel]:
        """The same of the levels of active locations."""
        ...

    def prepare_for_pickup(self, *, fulfillment_order_id: int, key: str) -> None:
        """The platform knows that these goods wait at the counter."""
        ...

    def split(
        self,
        *,
        fulfillment_order_id: int,
        lines: Mapping[str, int],
        left: Mapping[str, int],
        key: str,
    ) -> None:
        """``lines`` (line id as text to units) have a fulfillment order of their own.

        ``left`` maps the line to what stays, so that it is taken apart once.
        """
        ...

    def move(self, *, fulfillment_order_id: int, location_id: int, key: str) -> None:
        """Another location hands over what is left of it."""
        ...

    def fulfil(
        self,
        *,
        fulfillment_order_id: int,
        lines: Mapping[str, int],
        key: str,
        left: Mapping[str, int] | None = None,
    ) -> None:
        """``lines`` maps the fulfillment order's line id (as text) to the quantity handed over.

        ``left`` maps it to what is to be handed over afterwards, so that a part is handed over
        once, however often this is called.
        """
        ...

    def cancel_order(self, *, order_id: int, reason: str, key: str) -> None:
        """The whole order is cancelled, restocked and refunded; ``reason`` is customer or staff."""
        ...

    def cancel_fulfillment_order(self, *, fulfillment_order_id: int, key: str) -> None:
        """Only this part of the order is cancelled."""
        ...

    def refund(
        self,
        *,
        fulfillment_order_id: int,
        lines: Mapping[str, int],
        left: Mapping[str, int],
        key: str,
    ) -> None:
        """``lines`` (line id as text to units) leave the order, are restocked and refunded.

        ``left`` maps the line to what is still owed of it afterwards.
        """
        ...

    def exchange(
        self, *, fulfillment_order_id: int, swap: Swap, left: Mapping[str, int], key: str
    ) -> None:
        """Other goods take the place of some, where these were to be handed over.

        Nobody pays more for it, and what the order then costs less is given back. ``left`` maps
        the line (as text) to what is still owed of it afterwards, so that it is done once.
        """
        ...

    def draft_shipment(
        self,
        *,
        order_id: int,
        lines: Sequence[tuple[int, int]],
        address: PostalAddress,
        key: str,
    ) -> int:
        """A draft of an order that sends ``(variant, units)`` there and costs nothing: its number.

        Nothing is sent, and no goods are promised, before it is placed.
        """
        ...

    def place_draft(self, *, draft_id: int, key: str) -> int:
        """The draft is an order, of this number; once, however often it is asked for."""
        ...

    def take_off(
        self,
        *,
        fulfillment_order_id: int,
        lines: Mapping[str, int],
        left: Mapping[str, int],
        key: str,
    ) -> None:
        """As ``refund``, but no money goes back: the shopper has the goods another way."""
        ...

    def adjust_stock(
        self,
        *,
        inventory_item_id: int,
        location_id: int,
        delta: int,
        expected: int,
        reason: str,
        reference: str,
        key: str,
    ) -> None:
        """``delta`` units more can be sold there, if ``expected`` could be until now.

        ``key`` is a UUID. Raises StaleWrite when there was another number, and for a key that
        failed before.
        """
        ...

    def offer_pickup(
        self, *, location_id: int, pickup_time: str, instructions: str, key: str
    ) -> None:
        """The platform's checkout offers to collect there, in the platform's word for how soon."""
        ...

    def end_pickup(self, *, location_id: int, key: str) -> None:
        """The platform's checkout does not offer to collect there any more."""
        ...
