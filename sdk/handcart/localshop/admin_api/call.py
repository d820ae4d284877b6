"""Who is asking, and what he may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the context of every reader. ``scopes`` includes the implied ones."""

    world: World
    client_id: str
    scopes: frozenset[str]
    version: str
    at: datetime

    def may(self, scopes: Sequence[str]) -> bool:
        """True when one of ``scopes`` was granted, or when there is nothing to grant."""
        return not scopes or any(scope in self.scopes for scope in scopes)


def implied(scopes: Sequence[str]) -> frozenset[str]:
    """The granted scopes and what they imply: ``write_x`` lets an app read x."""
    reads = {f"read_{scope[6:]}" for scope in scopes if scope.startswith("write_")}
    return frozenset(scopes) | reads


# What each type of thing takes to be read, wherever it is reached.
TYPE_SCOPES: dict[str, tuple[str, ...]] = {
    "Customer": ("read_customers",),
    "DraftOrder": ("read_draft_orders",),
    "Fulfillment": ("read_orders",),
    "FulfillmentOrder": ("read_merchant_managed_fulfillment_orders",),
    "InventoryItem": ("read_inventory",),
    "InventoryLevel": ("read_inventory",),
    "Location": ("read_locations",),
    "Order": ("read_orders",),
    "Product": ("read_products",),
    "ProductVariant": ("read_products",),
    "StaffMember": ("read_users",),
    "WebPixel": ("read_pixels",),
}

_FULFIL = ("write_merchant_managed_fulfillment_orders",)
_EDIT = ("write_order_edits",)
_DRAFT = ("write_draft_orders",)
MUTATION_SCOPES: dict[str, tuple[str, ...]] = {
    "appRevokeAccessScopes": (),
    "appSubscriptionCancel": (),
    "appSubscriptionCreate": (),
    "bulkOperationCancel": (),
    "bulkOperationRunMutation": (),
    "bulkOperationRunQuery": (),
    "stagedUploadsCreate": (),
    "draftOrderComplete": _DRAFT,
    "draftOrderCreate": _DRAFT,
    "fulfillmentCreate": _FULFIL,
    "fulfillmentOrderCancel": _FULFIL,
    "fulfillmentOrderLineItemsPreparedForPickup": _FULFIL,
    "fulfillmentOrderMove": _FULFIL,
    "fulfillmentOrderSplit": _FULFIL,
    "inventoryAdjustQuantities": ("write_inventory",),
    "inventorySetQuantities": ("write_inventory",),
    "locationLocalPickupDisable": ("write_shipping",),
    "locationLocalPickupEnable": ("write_shipping",),
    "metafieldsSet": ("write_locations", "write_metafields"),
    "orderCancel": ("write_orders",),
    "orderEditAddLineItemDiscount": _EDIT,
    "orderEditAddVariant": _EDIT,
    "orderEditBegin": _EDIT,
    "orderEditCommit": _EDIT,
    "orderEditSetQuantity": _EDIT,
    "refundCreate": ("write_orders",),
    "webPixelCreate": ("write_pixels",),
    "webPixelDelete": ("write_pixels",),
    "webPixelUpdate": ("write_pixels",),
    "webhookSubscriptionCreate": (),
    "webhookSubscriptionDelete": (),
    "webhookSubscriptionUpdate": (),
}

# The read scope that a webhook topic takes, by its first part; the rest take none.
TOPIC_SCOPES: dict[str, str] = {
    "carts": "read_orders",
    "checkouts": "read_orders",
    "customers": "read_customers",
    "draft_orders": "read_draft_orders",
    "fulfillment_orders": "read_merchant_managed_fulfillment_orders",
    "fulfillments": "read_fulfillments",
    "inventory_items": "read_inventory",
    "inventory_levels": "read_inventory",
    "locations": "read_locations",
    "orders": "read_orders",
    "order_transactions": "read_orders",
    "products": "read_products",
    "refunds": "read_orders",
    "returns": "read_returns",
    "variants": "read_products",
}
