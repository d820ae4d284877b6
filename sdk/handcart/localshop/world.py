"""One shop of the local platform, in memory: its things, its lock, its clock and its counters.

Behaviours (``orders``, ``fulfilment``, ``inventory``, ``tokens`` …) are functions that take the
World first and run inside ``with world.action():``. Things are mutable dataclasses in dicts by
their integer id; readers outside a behaviour hold ``world.lock``.

Times: ``created_at`` and ``updated_at`` are aware UTC in whole seconds, because the platform's
payloads say no more. So that two states of one thing can always be put in order, ``World.stamp``
moves a thing's ``updated_at`` at least one second past the one before, even when that is a little
ahead of the clock.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from .clock import Clock

Body = dict[str, Any]

# What the next Admin API call gets instead of an answer: ("throttled",) or
# ("status", code, headers), taken one by one from World.admin_faults.
AdminFault = tuple[str] | tuple[str, int, dict[str, str]]


class App(Protocol):
    """What the local platform has to know of an app; ``config.AppConfig`` is one."""

    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def handle(self) -> str: ...
    @property
    def app_url(self) -> str: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def optional_scopes(self) -> Sequence[str]: ...
    @property
    def redirect_urls(self) -> Sequence[str]: ...
    @property
    def old_client_secret(self) -> str | None: ...


@dataclass(slots=True)
class Shop:
    """``domain`` is the full myshopify domain, ``time_zone`` an IANA name, ``currency`` a code."""

    id: int
    domain: str
    name: str
    email: str
    owner: str
    currency: str
    time_zone: str
    address1: str
    city: str
    zip: str
    country_code: str
    phone: str
    created_at: datetime

    @property
    def subdomain(self) -> str:
        return self.domain.partition(".")[0]


@dataclass(slots=True)
class Location:
    """``opening_hours`` in OpenStreetMap's syntax; ``pickup_time`` is the platform's enum or None.

    None says that the location does not offer local pickup.
    """

    id: int
    name: str
    address1: str
    city: str
    zip: str
    country_code: str
    phone: str
    opening_hours: str
    pickup_time: str | None
    active: bool
    created_at: datetime
    updated_at: datetime
    pickup_instructions: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(slots=True)
class Product:
    """``variants`` are ids in their order on the page; ``description`` is plain text."""

    id: int
    title: str
    handle: str
    description: str
    vendor: str
    product_type: str
    variants: list[int]
    created_at: datetime
    updated_at: datetime
    status: str = "ACTIVE"
    tags: tuple[str, ...] = ()


@dataclass(slots=True)
class Variant:
    """``price`` in minor units; a product's only variant has the title ``Default Title``."""

    id: int
    product_id: int
    title: str
    sku: str
    price: int
    inventory_item_id: int
    grams: int
    requires_shipping: bool
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Level:
    """Stock of one item at one location; ``others`` are the states that nobody here changes."""

    inventory_item_id: int
    location_id: int
    available: int
    committed: int
    updated_at: datetime
    others: dict[str, int] = field(default_factory=dict)

    @property
    def on_hand(self) -> int:
        """available + committed + reserved + safety stock + damaged + quality control."""
        return self.available + self.committed + sum(self.others.values())


@dataclass(slots=True)
class Address:
    first_name: str
    last_name: str
    address1: str
    city: str
    zip: str
    country_code: str
    phone: str = ""
    address2: str = ""
    company: str = ""
    province: str = ""
    province_code: str = ""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(slots=True)
class Customer:
    id: int
    email: str
    password: str
    first_name: str
    last_name: str
    phone: str
    created_at: datetime
    updated_at: datetime
    accepts_marketing: bool = False
    address: Address | None = None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(slots=True)
class Staff:
    id: int
    first_name: str
    last_name: str
    email: str
    pin: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What somebody wants to buy: input of ``orders.place`` and ``orders.sell_in_store``."""

    variant_id: int
    quantity: int
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shipping:
    """Send it to ``address``; ``price`` in minor units."""

    address: Address
    price: int = 490
    title: str = "Standard"


@dataclass(frozen=True, slots=True)
class Pickup:
    """Keep it at the counter of ``location_id``."""

    location_id: int


@dataclass(slots=True)
class LineItem:
    """A line of an order; ``price`` per unit in minor units, as it was when it was sold.

    ``current`` is what is left after removals, ``fulfillable`` what is still to be handed over.
    ``discount`` is taken off each unit. What was ``added`` by an edit was not paid with the rest.
    """

    id: int
    variant_id: int
    product_id: int
    title: str
    variant_title: str | None
    sku: str
    vendor: str
    price: int
    quantity: int
    current: int
    fulfillable: int
    grams: int
    requires_shipping: bool
    properties: tuple[tuple[str, str], ...]
    staff_id: int | None = None
    discount: int = 0
    added: bool = False

    @property
    def unit_price(self) -> int:
        """What a unit costs after its discount."""
        return self.price - self.discount

    @property
    def name(self) -> str:
        return f"{self.title} - {self.variant_title}" if self.variant_title else self.title


@dataclass(slots=True)
class ShippingLine:
    id: int
    title: str
    code: str
    price: int
    carrier_identifier: str | None = None


@dataclass(slots=True)
class RefundLine:
    id: int
    line_item_id: int
    quantity: int


@dataclass(slots=True)
class Refund:
    """``amount`` in minor units was given back; ``restocked``: the units are available again."""

    id: int
    order_id: int
    lines: list[RefundLine]
    amount: int
    restocked: bool
    note: str
    created_at: datetime


@dataclass(slots=True)
class Order:
    """``name`` is #1001…; ``fulfillment_status`` is None, partial, fulfilled or restocked."""

    id: int
    number: int
    name: str
    token: str
    checkout_token: str
    cart_token: str | None
    confirmation_number: str
    email: str
    phone: str
    customer_id: int | None
    lines: list[LineItem]
    shipping_line: ShippingLine | None
    shipping_address: Address | None
    billing_address: Address | None
    note: str | None
    note_attributes: tuple[tuple[str, str], ...]
    source_name: str
    app_id: int
    created_at: datetime
    updated_at: datetime
    financial_status: str = "paid"
    fulfillment_status: str | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    closed_at: datetime | None = None
    location_id: int | None = None
    user_id: int | None = None
    device_id: int | None = None
    gateway: str = "bogus"
    refunded: int = 0
    # Of units that were taken off: what was not given back for them (a refund's discrepancy).
    kept: int = 0
    refunds: list[Refund] = field(default_factory=list)
    tags: tuple[str, ...] = ()
    # The language in which it was bought.
    locale: str = "en"

    def line(self, line_item_id: int) -> LineItem:
        return next(line for line in self.lines if line.id == line_item_id)

    @property
    def subtotal(self) -> int:
        return sum(line.unit_price * line.quantity for line in self.lines)

    @property
    def shipping_price(self) -> int:
        return self.shipping_line.price if self.shipping_line else 0

    @property
    def total(self) -> int:
        return self.subtotal + self.shipping_price

    @property
    def received(self) -> int:
        """What was paid when it was placed; nothing has been asked for since."""
        added = sum(line.unit_price * line.quantity for line in self.lines if line.added)
        return self.total - added

    @property
    def current_subtotal(self) -> int:
        """Of what is left after removals."""
        return sum(line.unit_price * line.current for line in self.lines)

    @property
    def current_total(self) -> int:
        return 0 if self.cancelled_at else self.current_subtotal + self.shipping_price

    @property
    def outstanding(self) -> int:
        """What the customer still owes; below 0 what is owed to them."""
        return self.current_total + self.kept - (self.received - self.refunded)


@dataclass(slots=True)
class DraftOrder:
    """An order that is still being made; ``order_id`` of what it became."""

    id: int
    lines: list[OrderLine]
    email: str
    customer_id: int | None
    delivery: Shipping
    free: bool
    note: str | None
    tags: tuple[str, ...]
    order_id: int | None = None

    @property
    def name(self) -> str:
        return f"#D{self.id % 100_000}"


@dataclass(slots=True)
class AddedLine:
    """Units that an edit is to add to an order, of goods at ``location_id``."""

    id: int
    variant_id: int
    quantity: int
    location_id: int
    price: int
    discount: int = 0


@dataclass(slots=True)
class OrderEdit:
    """An edit of an order that is still being put together; nothing has changed before its commit.

    ``quantities``: line id to how many units it is to have; ``restocked``: those whose removed
    units are available again.
    """

    id: int
    order_id: int
    quantities: dict[int, int] = field(default_factory=dict)
    restocked: set[int] = field(default_factory=set)
    added: list[AddedLine] = field(default_factory=list)


@dataclass(slots=True)
class FulfillmentOrderLine:
    """``total`` of one order line is this fulfillment order's; ``remaining`` is not done yet."""

    id: int
    line_item_id: int
    total: int
    remaining: int


@dataclass(slots=True)
class FulfillmentOrder:
    """``status`` and ``method`` are the platform's GraphQL enums (``OPEN``, ``PICK_UP`` …)."""

    id: int
    order_id: int
    location_id: int
    status: str
    method: str
    delivery_method_id: int
    lines: list[FulfillmentOrderLine]
    created_at: datetime
    updated_at: datetime
    prepared_at: datetime | None = None
    request_status: str = "UNSUBMITTED"

    def line(self, line_id: int) -> FulfillmentOrderLine | None:
        return next((line for line in self.lines if line.id == line_id), None)


@dataclass(slots=True)
class FulfillmentLine:
    id: int
    line_item_id: int
    quantity: int


@dataclass(slots=True)
class Fulfillment:
    """Goods that left: ``name`` is #1001.1…"""

    id: int
    order_id: int
    fulfillment_order_ids: tuple[int, ...]
    location_id: int
    name: str
    lines: list[FulfillmentLine]
    created_at: datetime
    updated_at: datetime
    status: str = "success"
    tracking: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class CartLine:
    """``key`` is ``<variant>:<hash>`` and changes with the properties."""

    key: str
    variant_id: int
    quantity: int
    properties: dict[str, str] = field(default_factory=dict)
    selling_plan: int | None = None


@dataclass(slots=True)
class Cart:
    """The storefront's cart: ``token`` is bare; shoppers see ``<token>?key=<secret>``."""

    token: str
    secret: str
    created_at: datetime
    updated_at: datetime
    lines: list[CartLine] = field(default_factory=list)
    note: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Subscription:
    """A webhook subscription made through the Admin API; ``topic`` in slash form."""

    id: int
    client_id: str
    topic: str
    uri: str
    created_at: datetime
    updated_at: datetime
    format: str = "JSON"
    filter: str = ""
    include_fields: tuple[str, ...] = ()
    metafield_namespaces: tuple[str, ...] = ()
    name: str | None = None


@dataclass(slots=True)
class Metafield:
    """A value that an app keeps at a location."""

    id: int
    location_id: int
    namespace: str
    key: str
    type: str
    value: str
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class AccessToken:
    """``expires_at`` None never expires; ``user_id`` only for online tokens."""

    token: str
    client_id: str
    scopes: tuple[str, ...]
    expires_at: datetime | None
    user_id: int | None = None


@dataclass(slots=True)
class RefreshToken:
    """``successor`` is the refresh token that came for this one, once it was used."""

    token: str
    client_id: str
    expires_at: datetime
    successor: str | None = None
    used_at: datetime | None = None


@dataclass(slots=True)
class Code:
    """What a browser brings from the consent page; ``user_id`` only when per user."""

    text: str
    expires_at: datetime
    user_id: int | None = None


@dataclass(slots=True)
class Grant:
    """One app's installation: what it may do and the tokens it holds."""

    client_id: str
    scopes: tuple[str, ...]
    installed_at: datetime
    access: dict[str, AccessToken] = field(default_factory=dict)
    refresh: dict[str, RefreshToken] = field(default_factory=dict)
    migrated: dict[str, tuple[str, str, datetime]] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)


# Each kind of thing counts from its own number, so that ids never mean two things by chance.
_FIRST_IDS = {
    "location": 61_000_000_001,
    "product": 8_100_000_000_001,
    "variant": 44_100_000_000_001,
    "inventory_item": 46_200_000_000_001,
    "customer": 7_300_000_000_001,
    "staff": 90_000_000_001,
    "order": 5_600_000_000_001,
    "line_item": 14_100_000_000_001,
    "shipping_line": 4_500_000_000_001,
    "fulfillment_order": 6_700_000_000_001,
    "fulfillment_order_line": 15_200_000_000_001,
    "fulfillment": 5_100_000_000_001,
    "fulfillment_line": 13_400_000_000_001,
    "delivery_method": 700_000_000_001,
    "hold": 1_900_000_000_001,
    "refund": 970_000_000_001,
    "refund_line": 560_000_000_001,
    "draft_order": 1_200_000_000_001,
    "order_edit": 47_000_000_001,
    "calculated_line": 990_000_000_000_001,
    "subscription": 1_500_000_000_001,
    "metafield": 31_000_000_000_001,
    "web_pixel": 1_200_000_001,
    "order_number": 1001,
}


class World:
    """Everything of one shop; ``emit`` gets each webhook's topic and body as things happen.

    Until a webhook sender sets ``emit``, bodies are collected in ``emitted``.
    """

    def __init__(self, shop: Shop, *, clock: Clock, seed: int = 1) -> None:
        self.shop = shop
        self.clock = clock
        self.seed = seed
        self.lock = threading.RLock()
        self.app: App | None = None
        self.locations: dict[int, Location] = {}
        self.products: dict[int, Product] = {}
        self.variants: dict[int, Variant] = {}
        self.customers: dict[int, Customer] = {}
        self.staff: dict[int, Staff] = {}
        self.orders: dict[int, Order] = {}
        self.fulfillment_orders: dict[int, FulfillmentOrder] = {}
        self.fulfillments: dict[int, Fulfillment] = {}
        self.edits: dict[int, OrderEdit] = {}
        self.drafts: dict[int, DraftOrder] = {}
        self.carts: dict[str, Cart] = {}
        self.levels: dict[tuple[int, int], Level] = {}
        self.grants: dict[str, Grant] = {}
        self.subscriptions: dict[int, Subscription] = {}
        self.metafields: dict[tuple[int, str, str], Metafield] = {}
        self.admin_faults: deque[AdminFault] = deque()
        self.admin_state: dict[str, Any] = {}
        self.emitted: list[tuple[str, Body]] = []
        self.emit: Callable[[str, Body], None] = self._collect
        self.event_id = ""
        self._counters = dict(_FIRST_IDS)
        self._tokens = 0
        self._deep = 0

    @contextmanager
    def action(self) -> Iterator[datetime]:
        """Hold the lock for one thing that somebody did; yields the time.

        All webhooks of one action share ``event_id``; an action inside another is part of it.
        """
        with self.lock:
            if not self._deep:
                self.event_id = self.new_uuid("event")
            self._deep += 1
            try:
                yield self.clock.now()
            finally:
                self._deep -= 1

    def next_id(self, kind: str) -> int:
        """The next id of this kind; the same in every run of the same story."""
        with self.lock:
            number = self._counters[kind]
            self._counters[kind] = number + 1
            return number

    def new_token(self, purpose: str) -> str:
        """32 hex characters, never given out before, the same in every run of the same story."""
        with self.lock:
            self._tokens += 1
            text = f"{self.shop.domain}:{self.seed}:{purpose}:{self._tokens}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def new_uuid(self, purpose: str) -> str:
        token = self.new_token(purpose)
        return "-".join((token[:8], token[8:12], token[12:16], token[16:20], token[20:]))

    def stamp(self, before: datetime | None = None) -> datetime:
        """The time of a change in whole seconds, later than ``before`` by a second or more."""
        now = self.clock.now().replace(microsecond=0)
        return now if before is None else max(now, before + timedelta(seconds=1))

    def level(self, inventory_item_id: int, location_id: int) -> Level | None:
        return self.levels.get((inventory_item_id, location_id))

    def orders_of(self, customer_id: int) -> list[Order]:
        return [order for order in self.orders.values() if order.customer_id == customer_id]

    def fulfillment_orders_of(self, order_id: int) -> list[FulfillmentOrder]:
        return [each for each in self.fulfillment_orders.values() if each.order_id == order_id]

    def fulfillments_of(self, order_id: int) -> list[Fulfillment]:
        return [each for each in self.fulfillments.values() if each.order_id == order_id]

    def order_by_token(self, token: str) -> Order | None:
        return next((order for order in self.orders.values() if order.token == token), None)

    def customer_by_email(self, email: str) -> Customer | None:
        wanted = email.strip().lower()
        return next((one for one in self.customers.values() if one.email == wanted), None)

    def _collect(self, topic: str, body: Body) -> None:
        self.emitted.append((topic, body))
