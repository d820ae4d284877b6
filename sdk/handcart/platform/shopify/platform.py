"""The platform port, spoken in Admin GraphQL.

A call whose effect is already there succeeds: it is sent, and when the platform refuses, the
state is read again and judged. So each call may be repeated after a lost answer. What is handed
over or taken back in parts is asked for by what is to be left of it, and sent only as far as that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ...errors import StaleWrite, UserErrors
from ..port import (
    Admin,
    Contact,
    FoundCustomer,
    FulfillmentOrder,
    Order,
    Page,
    PostalAddress,
    Product,
    ShopProfile,
    StockLevel,
    StoreLocation,
    Swap,
    Variant,
)
from . import exchange, nodes, refund, shipment
from .documents import document
from .gid import gid, number_of
from .paging import pages

# What the platform says to goods that lie at the counter already.
_ALREADY_PREPARED = {
    "NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER",
    "UNABLE_TO_PREPARE_QUANTITY",
}
# What it says to a change from a number that is not there any more, then and when asked again.
_STALE = {"CHANGE_FROM_QUANTITY_STALE", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"}
_NONE: Mapping[str, Any] = {"nodes": (), "pageInfo": {"hasNextPage": False}}
_NOT_A_WORD = re.compile(r"[^\w@.+-]+")
_OPERATORS = {"AND", "OR", "NOT"}
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
        return [nodes.location(node) for node in self._pages("locations", ("locations",))]

    def order_contact(self, order_id: int) -> Contact | None:
        order = self._run("order_contact", id=gid("Order", order_id))["order"]
        return Contact(order["email"] or "", order["customerLocale"] or "en") if order else None

    def customer_contact(self, customer_id: int) -> Contact | None:
        found = self._run("customer_contact", id=gid("Customer", customer_id))["customer"]
        if found is None:
            return None
        email = found["defaultEmailAddress"]
        return Contact(email["emailAddress"] if email else "", found["locale"] or "en")

    def variant(self, variant_id: int) -> Variant | None:
        node = self._run("variant", id=gid("ProductVariant", variant_id))["productVariant"]
        return nodes.variant(node) if node else None

    def variants_changed(self, *, since: datetime, after: str | None = None) -> Page[Variant]:
        answer = self._run("variants_changed", query=_since(since), after=after)
        found = answer["productVariants"]
        return Page(tuple(nodes.variant(node) for node in found["nodes"]), _after(found))

    def find_products(self, text: str) -> Sequence[Product]:
        """Each word begins one of the title's; what the search would read as syntax is left out."""
        query = " AND ".join(f"title:{word}*" for word in re.findall(r"\w+", text))
        found = self._run("find_products", query=query)["products"]["nodes"] if query else ()
        return [nodes.product(node) for node in found]

    def levels(self) -> Iterator[StockLevel]:
        for location in self.locations():
            if location.active:
                yield from self._levels_at(location.location_id)

    def level(self, *, inventory_item_id: int, location_id: int) -> StockLevel | None:
        found = self._run(
            "level",
            itemId=gid("InventoryItem", inventory_item_id),
            locationId=gid("Location", location_id),
        )["inventoryItem"]
        node = found and found["inventoryLevel"]
        return nodes.level(node, location_id) if node else None

    def customers(self, words: str) -> Sequence[FoundCustomer]:
        query = _in_words(words)
        if not query:
            return ()
        found = self._run("customers_found", query=query)["customers"]
        return [nodes.customer(node) for node in found["nodes"]]

    def fulfillment_order(self, fulfillment_order_id: int) -> FulfillmentOrder | None:
        found = self._run("fulfillment_order", id=gid("FulfillmentOrder", fulfillment_order_id))
        node = found["fulfillmentOrder"]
        return None if node is None else nodes.fulfillment_order(node)

    def fulfillment_orders(self, order_id: int) -> Sequence[FulfillmentOrder]:
        order = self._run("fulfillment_orders", orderId=gid("Order", order_id))["order"]
        parts = order["fulfillmentOrders"]["nodes"] if order else ()
        found = (self.fulfillment_order(number_of(part["id"])) for part in parts)
        return [one for one in found if one is not None]

    def orders_changed(self, *, since: datetime, after: str | None = None) -> Page[Order]:
        found = self._run("orders_changed", query=_since(since), after=after)["orders"]
        return Page(tuple(self._order(node) for node in found["nodes"]), _after(found))

    def fulfillment_orders_changed(
        self, *, since: datetime, after: str | None = None
    ) -> Page[FulfillmentOrder]:
        answer = self._run("fulfillment_orders_changed", query=_since(since), after=after)
        found = answer["fulfillmentOrders"]
        return Page(tuple(self._whole(node) for node in found["nodes"]), _after(found))

    def levels_changed(self, *, since: datetime, after: str | None = None) -> Page[StockLevel]:
        """Location by location: ``after`` is the location's id and the cursor in its list."""
        here, _, cursor = (after or "0").partition(" ")
        places = sorted(one.location_id for one in self.locations() if one.active)
        place = next((one for one in places if one >= int(here)), None)
        if place is None:
            return Page((), None)
        # The location of the cursor may have been closed since; the next one has its own cursors.
        cursor = cursor if place == int(here) else ""
        found = self._run(
            "levels_changed",
            locationId=gid("Location", place),
            query=_since(since),
            after=cursor or None,
        )["location"]
        levels = found["inventoryLevels"] if found else _NONE
        read = (nodes.level(node, place) for node in levels["nodes"])
        following = next((f"{one}" for one in places if one > place), None)
        rest = _after(levels)
        return Page(
            tuple(one for one in read if one is not None),
            following if rest is None else f"{place} {rest}",
        )

    def prepare_for_pickup(self, *, fulfillment_order_id: int, key: str) -> None:
        try:
            self._run(
                "prepare_for_pickup",
                fulfillmentOrderId=gid("FulfillmentOrder", fulfillment_order_id),
            )
        except UserErrors as refusal:
            if not self._is_prepared(fulfillment_order_id, refusal):
                raise

    def split(
        self,
        *,
        fulfillment_order_id: int,
        lines: Mapping[str, int],
        left: Mapping[str, int],
        key: str,
    ) -> None:
        over = self._still_there(fulfillment_order_id, lines, left)
        if over:
            self._run(
                "split",
                fulfillmentOrderId=gid("FulfillmentOrder", fulfillment_order_id),
                lines=_wanted(over),
            )

    def move(self, *, fulfillment_order_id: int, location_id: int, key: str) -> None:
        whole = gid("FulfillmentOrder", fulfillment_order_id)
        try:
            self._run("move", id=whole, newLocationId=gid("Location", location_id))
        except UserErrors:
            now = self.fulfillment_order(fulfillment_order_id)
            if now is None or now.location_id != location_id:
                raise

    def fulfil(
        self,
        *,
        fulfillment_order_id: int,
        lines: Mapping[str, int],
        key: str,
        left: Mapping[str, int] | None = None,
    ) -> None:
        if left is not None:
            lines = self._still_there(fulfillment_order_id, lines, left)
            if not lines:
                return
        whole = gid("FulfillmentOrder", fulfillment_order_id)
        try:
            self._run("fulfil", fulfillmentOrderId=whole, lines=_wanted(lines))
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
            if found is None or found.status not in nodes.OVER:
                raise

    def refund(
        self,
        *,
        fulfillment_order_id: int,
        lines: Mapping[str, int],
        left: Mapping[str, int],
        key: str,
    ) -> None:
        refund.refunded(self._admin, fulfillment_order_id, lines, left, key=key)

    def draft_shipment(
        self,
        *,
        order_id: int,
        lines: Sequence[tuple[int, int]],
        address: PostalAddress,
        key: str,
    ) -> int:
        return shipment.drafted(self._admin, order_id, lines, address)

    def place_draft(self, *, draft_id: int, key: str) -> int:
        return shipment.placed(self._admin, draft_id)

    def take_off(
        self,
        *,
        fulfillment_order_id: int,
        lines: Mapping[str, int],
        left: Mapping[str, int],
        key: str,
    ) -> None:
        refund.refunded(self._admin, fulfillment_order_id, lines, left, key=key, money=False)

    def exchange(
        self, *, fulfillment_order_id: int, swap: Swap, left: Mapping[str, int], key: str
    ) -> None:
        whole = gid("FulfillmentOrder", fulfillment_order_id)
        node = self._run("refundable", id=whole)["fulfillmentOrder"]
        if node is None:
            return
        units = refund.still_to_take(node, {str(swap.line_id): swap.units}, left)
        for sold, count in units.items():
            exchange.edited(self._admin, node, sold, swap, units=count)
        exchange.difference_returned(self._admin, node["order"]["id"], key=key)

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
        change = {
            "inventoryItemId": gid("InventoryItem", inventory_item_id),
            "locationId": gid("Location", location_id),
            "delta": delta,
            "changeFromQuantity": expected,
        }
        wanted = {
            "name": "available",
            "reason": reason,
            "referenceDocumentUri": f"handcart://stock/{reference}",
            "changes": [change],
        }
        try:
            self._run("adjust_stock", input=wanted, key=key)
        except UserErrors as refusal:
            if any(error.code in _STALE for error in refusal.errors):
                raise StaleWrite("the stock level") from refusal
            raise

    def offer_pickup(
        self, *, location_id: int, pickup_time: str, instructions: str, key: str
    ) -> None:
        settings = {
            "locationId": gid("Location", location_id),
            "pickupTime": pickup_time,
            "instructions": instructions,
        }
        self._run("offer_pickup", settings=settings)

    def end_pickup(self, *, location_id: int, key: str) -> None:
        self._run("end_pickup", locationId=gid("Location", location_id))

    def _run(self, name: str, **variables: Any) -> dict[str, Any]:
        return self._admin.execute(document(name), variables)

    def _pages(
        self, name: str, path: Sequence[str], **variables: Any
    ) -> Iterator[Mapping[str, Any]]:
        return pages(self._admin, document(name), path, **variables)

    def _order(self, node: Mapping[str, Any]) -> Order:
        lines = node["lineItems"]["nodes"]
        if node["lineItems"]["pageInfo"]["hasNextPage"]:
            lines = self._pages("order_lines", ("order", "lineItems"), id=node["id"])
        read = (nodes.sold_line(line) for line in lines)
        return nodes.order(node, tuple(line for line in read if line is not None))

    def _whole(self, node: Mapping[str, Any]) -> FulfillmentOrder:
        """The fulfillment order with all of its lines, of which the list shows the first."""
        if node["lineItems"]["pageInfo"]["hasNextPage"]:
            whole = self.fulfillment_order(number_of(node["id"]))
            if whole is not None:
                return whole
        return nodes.fulfillment_order(node)

    def _levels_at(self, location_id: int) -> Iterator[StockLevel]:
        where = gid("Location", location_id)
        path = ("location", "inventoryLevels")
        for node in self._pages("levels", path, locationId=where):
            level = nodes.level(node, location_id)
            if level is not None:
                yield level

    def _still_there(
        self, fulfillment_order_id: int, lines: Mapping[str, int], left: Mapping[str, int]
    ) -> dict[str, int]:
        """Of ``lines`` what the platform does not know to be gone yet."""
        found = self.fulfillment_order(fulfillment_order_id)
        if found is None or found.status == "cancelled":
            return dict(lines)  # to hear the platform say why not
        there = {str(line.line_id): line.quantity for line in found.lines}
        over = {
            line: min(units, there.get(line, 0) - left.get(line, 0))
            for line, units in lines.items()
        }
        return {line: units for line, units in over.items() if units > 0}

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


def _wanted(lines: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"id": gid("FulfillmentOrderLineItem", int(line)), "quantity": quantity}
        for line, quantity in lines.items()
    ]


def _in_words(text: str) -> str:
    """Free words of the platform's search, each also as a beginning; nothing of its syntax."""
    words = (word.strip("-.+") for word in _NOT_A_WORD.sub(" ", text[:100]).split())
    return " ".join(f"{word}*" for word in words if word and word not in _OPERATORS)


def _since(moment: datetime) -> str:
    """The search term for what changed at ``moment`` or later; the platform counts seconds."""
    return f"updated_at:>='{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


def _after(connection: Mapping[str, Any]) -> str | None:
    page = connection["pageInfo"]
    return page["endCursor"] if page["hasNextPage"] else None
