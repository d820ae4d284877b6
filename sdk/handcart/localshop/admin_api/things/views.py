"""Things that are a view of two others, and what every thing is called outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ... import catalogue
from ...world import (
    Customer,
    DraftOrder,
    Fulfillment,
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Grant,
    Level,
    LineItem,
    Location,
    Metafield,
    Order,
    Product,
    Shop,
    Staff,
    Subscription,
    Variant,
)
from ..call import Call


@dataclass(frozen=True, slots=True)
class Sold:
    """A line with the order it belongs to, so that it can answer for both."""

    order: Order
    line: LineItem


@dataclass(frozen=True, slots=True)
class ToFulfil:
    order: FulfillmentOrder
    line: FulfillmentOrderLine


@dataclass(frozen=True, slots=True)
class Fulfilled:
    fulfillment: Fulfillment
    line: FulfillmentLine


@dataclass(frozen=True, slots=True)
class Quantity:
    level: Level
    name: str
    quantity: int


_NAMES: dict[type, str] = {
    Customer: "Customer",
    DraftOrder: "DraftOrder",
    Fulfillment: "Fulfillment",
    Fulfilled: "FulfillmentLineItem",
    FulfillmentOrder: "FulfillmentOrder",
    Grant: "AppInstallation",
    Level: "InventoryLevel",
    Location: "Location",
    Metafield: "Metafield",
    Order: "Order",
    Product: "Product",
    Shop: "Shop",
    Sold: "LineItem",
    Staff: "StaffMember",
    Subscription: "WebhookSubscription",
    ToFulfil: "FulfillmentOrderLineItem",
    Variant: "ProductVariant",
}


@dataclass(frozen=True, slots=True)
class Item:
    """An inventory item: here it is a view of its only variant."""

    variant: Variant

    @property
    def id(self) -> int:
        return self.variant.inventory_item_id


_NAMES[Item] = "InventoryItem"


def type_name(thing: Any) -> str:
    """The GraphQL type of something that ``node`` found."""
    return _NAMES[type(thing)]


def item_of(call: Call, inventory_item_id: int) -> Item | None:
    variant = catalogue.variant_of_item(call.world, inventory_item_id)
    return Item(variant) if variant else None
