"""The connections: for each kind of thing what it can be searched and sorted by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..catalogue import full_title
from ..gids import read_gid
from ..world import Customer, FulfillmentOrder, Level, Location, Order, Product, Subscription
from .call import Call
from .pages import Page, Window, page
from .search import Terms, search
from .wire import invalid_id, not_served

Key = Callable[[Any], Any]


def number_of(text: str, kind: str) -> int | None:
    """The number of a global id of ``kind``; None for another kind, an error for no id at all."""
    if not text.startswith("gid://shopify/"):
        raise invalid_id(text)
    return read_gid(text, kind)


def plain_page(
    things: Iterable[Any], window: Window, *, number: Callable[[Any], int] = lambda each: each.id
) -> Page:
    """Things in the order they were made, without search."""
    return page(things, window=window, number=number)


def _listed(
    call: Call,
    things: Iterable[Any],
    *,
    terms: Terms,
    keys: Mapping[str, Key],
    query: str | None = None,
    sort_key: str = "ID",
    number: Callable[[Any], int] = lambda each: each.id,
    **window: Any,
) -> Page:
    found = search(things, query, terms=terms, zone=call.world.shop.time_zone)
    if sort_key != "ID" and sort_key not in keys:
        raise not_served(f"The sort key {sort_key}")
    return page(found, window=Window(**window), number=number, key=keys.get(sort_key))


_TIMES: Mapping[str, Key] = {
    "CREATED_AT": lambda each: each.created_at,
    "UPDATED_AT": lambda each: each.updated_at,
}
_COMMON: Terms = {
    "id": lambda each: each.id,
    "created_at": lambda each: each.created_at,
    "updated_at": lambda each: each.updated_at,
}


def _order_status(order: Order) -> list[str]:
    if order.cancelled_at:
        return ["any", "cancelled", "closed"]
    return ["any", "closed"] if order.closed_at else ["any", "open", "not_closed"]


_ORDER_TERMS: Terms = {
    **_COMMON,
    "cart_token": lambda order: order.cart_token,
    "checkout_token": lambda order: order.checkout_token,
    "confirmation_number": lambda order: order.confirmation_number,
    "customer_id": lambda order: order.customer_id,
    "email": lambda order: order.email,
    "financial_status": lambda order: order.financial_status,
    "fulfillment_status": lambda order: {
        None: ["unfulfilled", "unshipped"],
        "fulfilled": ["fulfilled", "shipped"],
    }.get(order.fulfillment_status, [order.fulfillment_status or ""]),
    "location_id": lambda order: order.location_id,
    "name": lambda order: [order.name, order.name.lstrip("#")],
    "processed_at": lambda order: order.created_at,
    "source_name": lambda order: order.source_name,
    "status": _order_status,
    "tag": lambda order: order.tags,
}
_ORDER_KEYS: Mapping[str, Key] = {
    **_TIMES,
    "ORDER_NUMBER": lambda order: order.number,
    "PROCESSED_AT": lambda order: order.created_at,
    "TOTAL_PRICE": lambda order: order.total,
}


def orders_page(call: Call, orders: Iterable[Order], **arguments: Any) -> Page:
    return _listed(call, orders, terms=_ORDER_TERMS, keys=_ORDER_KEYS, **arguments)


_FULFILLMENT_ORDER_TERMS: Terms = {
    "assigned_location_id": lambda order: order.location_id,
    "id": lambda order: order.id,
    "status": lambda order: order.status,
    "updated_at": lambda order: order.updated_at,
}


def fulfillment_orders_page(
    call: Call, orders: Iterable[FulfillmentOrder], **arguments: Any
) -> Page:
    return _listed(call, orders, terms=_FULFILLMENT_ORDER_TERMS, keys=_TIMES, **arguments)


def levels_page(call: Call, levels: Iterable[Level], **arguments: Any) -> Page:
    """Levels are numbered by item and location together, so that both lists have an order."""
    terms: Terms = {
        "inventory_item_id": lambda level: level.inventory_item_id,
        "updated_at": lambda level: level.updated_at,
    }
    return _listed(call, levels, terms=terms, keys={}, number=_level_number, **arguments)


def _level_number(level: Level) -> int:
    return level.inventory_item_id << 40 | level.location_id


def locations_page(call: Call, locations: Iterable[Location], **arguments: Any) -> Page:
    terms: Terms = {
        **_COMMON,
        "active": lambda location: str(location.active),
        "city": lambda location: location.city,
        "location_id": lambda location: location.id,
        "name": lambda location: location.name,
        "pickup_in_store": lambda location: "enabled" if location.pickup_time else "disabled",
        "zip": lambda location: location.zip,
    }
    keys: Mapping[str, Key] = {"NAME": lambda location: location.name}
    return _listed(call, locations, terms=terms, keys=keys, **arguments)


def products_page(call: Call, products: Iterable[Product], **arguments: Any) -> Page:
    variants = call.world.variants
    terms: Terms = {
        **_COMMON,
        "handle": lambda product: product.handle,
        "product_type": lambda product: product.product_type,
        "sku": lambda product: [variants[each].sku for each in product.variants],
        "status": lambda product: product.status,
        "tag": lambda product: product.tags,
        "title": lambda product: [product.title, *product.title.split()],
        "variant_id": lambda product: product.variants,
        "vendor": lambda product: product.vendor,
    }
    keys: Mapping[str, Key] = {**_TIMES, "TITLE": lambda product: product.title}
    return _listed(call, products, terms=terms, keys=keys, **arguments)


def variants_page(call: Call, variants: Iterable[Any], **arguments: Any) -> Page:
    products = call.world.products
    terms: Terms = {
        "id": lambda variant: variant.id,
        "product_id": lambda variant: variant.product_id,
        "product_type": lambda variant: products[variant.product_id].product_type,
        "sku": lambda variant: variant.sku,
        "title": lambda variant: variant.title,
        "updated_at": lambda variant: variant.updated_at,
        "vendor": lambda variant: products[variant.product_id].vendor,
    }
    keys: Mapping[str, Key] = {
        "FULL_TITLE": lambda variant: full_title(call.world, variant),
        "POSITION": lambda variant: products[variant.product_id].variants.index(variant.id),
        "SKU": lambda variant: variant.sku,
        "TITLE": lambda variant: variant.title,
    }
    return _listed(call, variants, terms=terms, keys=keys, **arguments)


def items_page(call: Call, items: Iterable[Any], **arguments: Any) -> Page:
    terms: Terms = {
        "created_at": lambda item: item.variant.created_at,
        "id": lambda item: item.id,
        "sku": lambda item: item.variant.sku,
        "updated_at": lambda item: item.variant.updated_at,
    }
    return _listed(call, items, terms=terms, keys={}, **arguments)


def customers_page(call: Call, customers: Iterable[Customer], **arguments: Any) -> Page:
    terms: Terms = {
        "default": _known_by,
        "customer_date": lambda customer: customer.created_at,
        "email": lambda customer: customer.email,
        "first_name": lambda customer: customer.first_name,
        "id": lambda customer: customer.id,
        "last_name": lambda customer: customer.last_name,
        "phone": lambda customer: customer.phone,
        "updated_at": lambda customer: customer.updated_at,
    }
    keys: Mapping[str, Key] = {**_TIMES, "NAME": lambda customer: customer.name}
    return _listed(call, customers, terms=terms, keys=keys, **arguments)


def _known_by(customer: Customer) -> list[str]:
    """The words of a name, the e-mail, the number as it is written and as it is dialled."""
    dialled = re.sub(r"[^0-9+]", "", customer.phone)
    numbers = [customer.phone, dialled, dialled.lstrip("+")] if customer.phone else []
    return [*customer.name.split(), customer.email, *numbers]


def subscriptions_page(call: Call, subscriptions: Iterable[Subscription], **arguments: Any) -> Page:
    return _listed(call, subscriptions, terms=_COMMON, keys=_TIMES, **arguments)
