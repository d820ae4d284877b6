"""From GraphQL nodes to what ``port`` calls them; no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ...carts.sales import sale_token
from ..port import (
    FoundCustomer,
    FulfillmentLine,
    FulfillmentOrder,
    Order,
    Product,
    SoldLine,
    StockLevel,
    StoreLocation,
    Variant,
)
from .gid import number_of

OVER = {"closed", "cancelled"}
_HANDED_OUT = {"PARTIALLY_FULFILLED", "FULFILLED"}
# How merchants tag what may be sold to grown-ups only: age:18, age-18, 18+.
_AGE = re.compile(r"(?:age[:_ -]?)(\d\d)\+?\Z|(\d\d)\+\Z", re.IGNORECASE)
# https://{shop}/{shop id}/orders/{token}/authenticate?key=…; the token has no field of its own.
_TOKEN = re.compile(r"/orders/([^/?#]+)")


def location(node: Mapping[str, Any]) -> StoreLocation:
    hours, pickup = node["openingHours"], node["localPickupSettingsV2"]
    address = node["address"]
    return StoreLocation(
        location_id=number_of(node["id"]),
        name=node["name"],
        address=", ".join(address["formatted"]),
        phone=address["phone"] or "",
        active=node["isActive"],
        offers_pickup=pickup is not None,
        opening_hours=hours["value"] if hours else "",
        pickup_time=pickup["pickupTime"] if pickup else None,
        pickup_instructions=(pickup["instructions"] or "") if pickup else "",
        latitude=address.get("latitude"),
        longitude=address.get("longitude"),
    )


def product(node: Mapping[str, Any]) -> Product:
    return Product(
        product_id=number_of(node["id"]),
        title=node["title"],
        variants=tuple(number_of(each["id"]) for each in node["variants"]["nodes"]),
    )


def variant(node: Mapping[str, Any]) -> Variant:
    product, item = node["product"], node["inventoryItem"]
    return Variant(
        variant_id=number_of(node["id"]),
        product_id=number_of(product["id"]),
        inventory_item_id=number_of(item["id"]) if item else None,
        title=_titled(product["title"], node["title"]),
        handle=product["handle"],
        price=Decimal(node["price"]),
        on_sale=product["status"] == "ACTIVE",
        updated_at=moment(product["updatedAt"]),
    )


def level(node: Mapping[str, Any], location_id: int) -> StockLevel | None:
    """The level, or None for an item that no product sells."""
    variants = (node["item"]["variants"] or {}).get("nodes") or ()
    if not variants:
        return None
    variant, numbers = variants[0], {each["name"]: each for each in node["quantities"]}
    available = numbers["available"]
    return StockLevel(
        inventory_item_id=number_of(node["item"]["id"]),
        variant_id=number_of(variant["id"]),
        location_id=location_id,
        available=available["quantity"],
        updated_at=moment(available["updatedAt"] or node["updatedAt"]),
        set_aside=numbers["committed"]["quantity"],
        title=_titled(variant["product"]["title"], variant["title"]),
        sku=variant["sku"] or "",
        barcode=variant["barcode"] or "",
    )


def fulfillment_order(node: Mapping[str, Any]) -> FulfillmentOrder:
    order, method = node["order"], node["deliveryMethod"]
    place, customer = node["assignedLocation"]["location"], order["customer"]
    return FulfillmentOrder(
        fulfillment_order_id=number_of(node["id"]),
        order_id=number_of(order["id"]),
        order_name=order["name"],
        method=method["methodType"].lower() if method else "none",
        status=node["status"].lower(),
        location_id=number_of(place["id"]) if place else None,
        customer_name=customer["displayName"] if customer else "",
        customer_id=number_of(customer["id"]) if customer else None,
        covers_order=_covers_order(node, order),
        updated_at=moment(node["updatedAt"]),
        lines=tuple(_line(line) for line in node["lineItems"]["nodes"]),
    )


def order(node: Mapping[str, Any], lines: tuple[SoldLine, ...]) -> Order:
    customer = node["customer"] or {}
    names = (customer.get("firstName"), customer.get("lastName"))
    token = _TOKEN.search(node["statusPageUrl"])
    return Order(
        order_id=number_of(node["id"]),
        name=node["name"],
        token=token[1] if token else "",
        cart_token=node["cartToken"] or sale_token(_texts(node["customAttributes"])),
        customer_id=number_of(customer["id"]) if customer else None,
        customer_name=" ".join(name for name in names if name),
        updated_at=moment(node["updatedAt"]),
        cancelled_at=moment(node["cancelledAt"]) if node["cancelledAt"] else None,
        cancel_reason=(node["cancelReason"] or "").lower() or None,
        fulfilled=node["displayFulfillmentStatus"] == "FULFILLED",
        shipped=bool(node["shippingLines"]["nodes"]),
        lines=lines,
    )


def sold_line(node: Mapping[str, Any]) -> SoldLine | None:
    """The line, or None for what is no variant of a product: a tip, a custom item."""
    if node["variant"] is None:
        return None
    plan = (node["sellingPlan"] or {}).get("sellingPlanId")
    return SoldLine(
        variant_id=number_of(node["variant"]["id"]),
        quantity=node["quantity"],
        properties=_texts(node["customAttributes"]),
        selling_plan=number_of(plan) if plan else None,
    )


def customer(node: Mapping[str, Any]) -> FoundCustomer:
    email, phone = node["defaultEmailAddress"], node["defaultPhoneNumber"]
    return FoundCustomer(
        customer_id=number_of(node["id"]),
        name=node["displayName"],
        email=email["emailAddress"] if email else "",
        phone=phone["phoneNumber"] if phone else "",
    )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _texts(attributes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {each["key"]: each["value"] or "" for each in attributes}


def _line(node: Mapping[str, Any]) -> FulfillmentLine:
    variant = node["variant"]
    return FulfillmentLine(
        line_id=number_of(node["id"]),
        variant_id=number_of(variant["id"]) if variant else None,
        title=_titled(node["productTitle"], node["variantTitle"]),
        sku=node["sku"] or "",
        quantity=node["remainingQuantity"],
        total=node["totalQuantity"],
        min_age=_min_age((variant or {}).get("product")),
    )


def _titled(product: str, variant: str | None) -> str:
    """A product's only variant has no name of its own."""
    return f"{product} – {variant}" if variant and variant != "Default Title" else product


def _min_age(product: Mapping[str, Any] | None) -> int:
    """The highest age that a tag of the product names; 0 for none."""
    found = (_AGE.match(tag.strip()) for tag in (product or {}).get("tags", ()))
    return max((int(age[1] or age[2]) for age in found if age), default=0)


def _covers_order(node: Mapping[str, Any], whole: Mapping[str, Any]) -> bool:
    """True when cancelling this part and cancelling the order are the same thing.

    No other part may be alive, and none may have been handed out: cancelling the order would
    refund that too.
    """
    others = [one for one in whole["fulfillmentOrders"]["nodes"] if one["id"] != node["id"]]
    alive = any(one["status"].lower() not in OVER for one in others)
    return not alive and whole["displayFulfillmentStatus"] not in _HANDED_OUT
