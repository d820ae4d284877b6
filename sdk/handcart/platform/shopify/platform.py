"""The platform port, spoken in Admin GraphQL.

A call whose effect is already there succeeds: it is sent, and when the platform refuses, the
state is read again and judged. So each call may be repeated after a lost answer. The one limit:
``fulfil`` recognises that *the quantities are gone*, not who took them, so handing over part of a
line again after a lost answer would count twice if the line still has enough left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ...errors import UserErrors
from ..port import (
    Admin,
    FulfillmentLine,
    FulfillmentOrder,
    ShopProfile,
    StockLevel,
    StoreLocation,
)
from .documents import document
from .gid import gid, number_of

_OVER = {"closed", "cancelled"}
_HANDED_OUT = {"PARTIALLY_FULFILLED", "FULFILLED"}
# What the platform says to goods that lie at the counter already.
_ALREADY_PREPARED = {
    "NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER",
    "UNABLE_TO_PREPARE_QUANTITY",
}
_REASONS = {"customer": "CUSTOMER", "staff": "STAFF"}


class ShopifyPlatform:
    """Implements ``port.Platform`` for the shop of ``admin``."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin

    @property
    def shop(self) -> str:
        return self._admin.shop

    def profile(self) -> ShopProfile:
        shop = self._run("shop_profile")["shop"]
        return ShopProfile(
            name=shop["name"],
            time_zone=shop["ianaTimezone"],
            currency=shop["currencyCode"],
            email=shop["email"],
        )

    def locations(self) -> Sequence[StoreLocation]:
        return [_location(node) for node in self._pages("locations", ("locations",))]

    def levels(self) -> Iterator[StockLevel]:
        for location in self.locations():
            if location.active:
                yield from self._levels_at(location.location_id)

    def fulfillment_order(self, fulfillment_order_id: int) -> FulfillmentOrder | None:
        found = self._run("fulfillment_order", id=gid("FulfillmentOrder", fulfillment_order_id))
        node = found["fulfillmentOrder"]
        return None if node is None else _fulfillment_order(node)

    def fulfillment_orders(self, order_id: int) -> Sequence[FulfillmentOrder]:
        order = self._run("fulfillment_orders", orderId=gid("Order", order_id))["order"]
        nodes = order["fulfillmentOrders"]["nodes"] if order else ()
        found = (self.fulfillment_order(number_of(node["id"])) for node in nodes)
        return [one for one in found if one is not None]

    def prepare_for_pickup(self, *, fulfillment_order_id: int, key: str) -> None:
        try:
            self._run(
                "prepare_for_pickup",
                fulfillmentOrderId=gid("FulfillmentOrder", fulfillment_order_id),
            )
        except UserErrors as refusal:
            if not self._is_prepared(fulfillment_order_id, refusal):
                raise

    def fulfil(self, *, fulfillment_order_id: int, lines: Mapping[str, int], key: str) -> None:
        wanted = [
            {"id": gid("FulfillmentOrderLineItem", int(line)), "quantity": quantity}
            for line, quantity in lines.items()
        ]
        whole = gid("FulfillmentOrder", fulfillment_order_id)
        try:
            self._run("fulfil", fulfillmentOrderId=whole, lines=wanted)
        except UserErrors:
            if not self._is_fulfilled(fulfillment_order_id, lines):
                raise

    def cancel_order(self, *, order_id: int, reason: str, key: str) -> None:
        order = gid("Order", order_id)
        try:
            self._run("cancel_order", orderId=order, reason=_REASONS.get(reason, "OTHER"))
        except UserErrors:
            found = self._run("order_state", id=order)["order"]
            if found is None or found["cancelledAt"] is None:
                raise

    def cancel_fulfillment_order(self, *, fulfillment_order_id: int, key: str) -> None:
        try:
            self._run("cancel_fulfillment_order", id=gid("FulfillmentOrder", fulfillment_order_id))
        except UserErrors:
            found = self.fulfillment_order(fulfillment_order_id)
            if found is None or found.status not in _OVER:
                raise

    def _run(self, name: str, **variables: Any) -> dict[str, Any]:
        return self._admin.execute(document(name), variables)

    def _pages(
        self, name: str, path: Sequence[str], **variables: Any
    ) -> Iterator[Mapping[str, Any]]:
        """Every node of the connection at ``path``, page by page; none when it is not there."""
        after: str | None = None
        while True:
            connection: Any = self._run(name, **variables, after=after)
            for step in path:
                connection = connection and connection[step]
            if connection is None:
                return
            yield from connection["nodes"]
            if not connection["pageInfo"]["hasNextPage"]:
                return
            after = connection["pageInfo"]["endCursor"]

    def _levels_at(self, location_id: int) -> Iterator[StockLevel]:
        where = gid("Location", location_id)
        path = ("location", "inventoryLevels")
        for node in self._pages("levels", path, locationId=where):
            level = _level(node, location_id)
            if level is not None:
                yield level

    def _is_prepared(self, fulfillment_order_id: int, refusal: UserErrors) -> bool:
        """True when the goods lie at the counter, or have left it already.

        No field says "prepared", so an open order is judged by the code of the refusal.
        """
        found = self.fulfillment_order(fulfillment_order_id)
        if found is None or found.status == "cancelled":
            return False
        if found.status == "closed":
            return True
        return all(error.code in _ALREADY_PREPARED for error in refusal.errors)

    def _is_fulfilled(self, fulfillment_order_id: int, lines: Mapping[str, int]) -> bool:
        """True when less is left of every line than was to be handed over."""
        found = self.fulfillment_order(fulfillment_order_id)
        if found is None or found.status == "cancelled":
            return False
        left = {line.line_id: line.quantity for line in found.lines}
        return all(left.get(int(line), 0) < quantity for line, quantity in lines.items())


def _location(node: Mapping[str, Any]) -> StoreLocation:
    hours = node["openingHours"]
    return StoreLocation(
        location_id=number_of(node["id"]),
        name=node["name"],
        address=", ".join(node["address"]["formatted"]),
        phone=node["address"]["phone"] or "",
        active=node["isActive"],
        offers_pickup=node["localPickupSettingsV2"] is not None,
        opening_hours=hours["value"] if hours else "",
    )


def _level(node: Mapping[str, Any], location_id: int) -> StockLevel | None:
    """The level, or None for an item that no product sells."""
    variants = (node["item"]["variants"] or {}).get("nodes") or ()
    if not variants:
        return None
    available = node["quantities"][0]
    return StockLevel(
        inventory_item_id=number_of(node["item"]["id"]),
        variant_id=number_of(variants[0]["id"]),
        location_id=location_id,
        available=available["quantity"],
        updated_at=_time(available["updatedAt"] or node["updatedAt"]),
    )


def _fulfillment_order(node: Mapping[str, Any]) -> FulfillmentOrder:
    order, method = node["order"], node["deliveryMethod"]
    location, customer = node["assignedLocation"]["location"], order["customer"]
    return FulfillmentOrder(
        fulfillment_order_id=number_of(node["id"]),
        order_id=number_of(order["id"]),
        order_name=order["name"],
        method=method["methodType"].lower() if method else "none",
        status=node["status"].lower(),
        location_id=number_of(location["id"]) if location else None,
        customer_name=customer["displayName"] if customer else "",
        customer_id=number_of(customer["id"]) if customer else None,
        covers_order=_covers_order(node, order),
        updated_at=_time(node["updatedAt"]),
        lines=tuple(_line(line) for line in node["lineItems"]["nodes"]),
    )


def _line(node: Mapping[str, Any]) -> FulfillmentLine:
    variant, more = node["variant"], node["variantTitle"]
    named = more and more != "Default Title"
    return FulfillmentLine(
        line_id=number_of(node["id"]),
        variant_id=number_of(variant["id"]) if variant else None,
        title=f"{node['productTitle']} – {more}" if named else node["productTitle"],
        sku=node["sku"] or "",
        quantity=node["remainingQuantity"],
    )


def _covers_order(node: Mapping[str, Any], order: Mapping[str, Any]) -> bool:
    """True when cancelling this part and cancelling the order are the same thing.

    No other part may be alive, and none may have been handed out: cancelling the order would
    refund that too.
    """
    others = [one for one in order["fulfillmentOrders"]["nodes"] if one["id"] != node["id"]]
    alive = any(one["status"].lower() not in _OVER for one in others)
    return not alive and order["displayFulfillmentStatus"] not in _HANDED_OUT


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
