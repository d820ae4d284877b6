"""The root of every query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from ...platform.shopify.topics import topic_name
from ..gids import kind_of, read_level_gid
from ..world import Grant, Location, Order, Shop, Subscription
from .bulk import look
from .call import TYPE_SCOPES, Call
from .lists import (
    customers_page,
    fulfillment_orders_page,
    items_page,
    locations_page,
    number_of,
    orders_page,
    products_page,
    subscriptions_page,
    variants_page,
)
from .pages import Page
from .pixeling import pixel_of
from .things.views import Item, item_of
from .wire import access_denied, invalid_id, not_served

_RECENT = timedelta(days=60)
_CLOSED = ("CLOSED", "CANCELLED")


def recent_orders(call: Call) -> list[Order]:
    """``read_orders`` shows the last 60 days; ``read_all_orders`` shows them all."""
    orders = call.world.orders.values()
    if "read_all_orders" in call.scopes:
        return list(orders)
    return [order for order in orders if order.created_at >= call.at - _RECENT]


def _order(call: Call, number: int) -> Order | None:
    return next((order for order in recent_orders(call) if order.id == number), None)


def _subscription(call: Call, number: int) -> Subscription | None:
    found = call.world.subscriptions.get(number)
    return found if found and found.client_id == call.client_id else None


# Each type that has a number: how to find it.
_FIND: Mapping[str, Callable[[Call, int], Any]] = {
    "Customer": lambda call, number: call.world.customers.get(number),
    "DraftOrder": lambda call, number: call.world.drafts.get(number),
    "Fulfillment": lambda call, number: call.world.fulfillments.get(number),
    "FulfillmentOrder": lambda call, number: call.world.fulfillment_orders.get(number),
    "InventoryItem": item_of,
    "Location": lambda call, number: call.world.locations.get(number),
    "Order": _order,
    "Product": lambda call, number: call.world.products.get(number),
    "ProductVariant": lambda call, number: call.world.variants.get(number),
    "WebhookSubscription": _subscription,
}


def _by_id(kind: str) -> Callable[..., Any]:
    def read(root: Any, call: Call, id: str) -> Any:
        number = number_of(id, kind)
        return None if number is None else _FIND[kind](call, number)

    return read


def _level(root: Any, call: Call, id: str) -> Any:
    key = read_level_gid(id)
    if key is None:
        raise invalid_id(id)
    return call.world.levels.get(key)


def _location(root: Any, call: Call, id: str | None = None) -> Location | None:
    """Without an id the shop's first location."""
    if id is None:
        return min(call.world.locations.values(), key=lambda each: each.id, default=None)
    found: Location | None = _by_id("Location")(root, call, id)
    return found


def _node(root: Any, call: Call, id: str) -> Any:
    kind = kind_of(id)
    if kind is None:
        raise invalid_id(id)
    if not call.may(TYPE_SCOPES.get(kind, ())):
        raise access_denied("node", TYPE_SCOPES[kind])
    if kind == "InventoryLevel":
        return _level(root, call, id)
    if kind == "Shop":
        return call.world.shop
    if kind not in _FIND:
        raise not_served(f"node(id:) of type {kind}")
    return _by_id(kind)(root, call, id)


def _nodes(root: Any, call: Call, ids: list[str]) -> list[Any]:
    return [_node(root, call, each) for each in ids]


def _locations(root: Any, call: Call, include_inactive: bool = False, **page: Any) -> Page:
    found = [one for one in call.world.locations.values() if one.active or include_inactive]
    return locations_page(call, found, **page)


def _fulfillment_orders(root: Any, call: Call, include_closed: bool = False, **page: Any) -> Page:
    orders = call.world.fulfillment_orders.values()
    found = [order for order in orders if include_closed or order.status not in _CLOSED]
    return fulfillment_orders_page(call, found, **page)


def _subscriptions(
    root: Any,
    call: Call,
    topics: list[str] | None = None,
    uri: str | None = None,
    format: str | None = None,
    **page: Any,
) -> Page:
    """The app's own subscriptions; those of its TOML are not listed, as on the platform."""
    wanted = {topic_name(topic) for topic in topics or ()}
    found = [
        each
        for each in call.world.subscriptions.values()
        if each.client_id == call.client_id
        and (not wanted or each.topic in wanted)
        and uri in (None, each.uri)
        and format in (None, each.format)
    ]
    return subscriptions_page(call, found, **page)


def _installation(root: Any, call: Call) -> Grant:
    return call.world.grants[call.client_id]


def _shop(root: Any, call: Call) -> Shop:
    return call.world.shop


QUERIES: dict[str, Callable[..., Any]] = {
    "bulk_operation": look,
    "current_app_installation": _installation,
    "customer": _by_id("Customer"),
    "draft_order": _by_id("DraftOrder"),
    "customers": lambda root, call, **page: customers_page(
        call, call.world.customers.values(), **page
    ),
    "fulfillment": _by_id("Fulfillment"),
    "fulfillment_order": _by_id("FulfillmentOrder"),
    "fulfillment_orders": _fulfillment_orders,
    "inventory_item": _by_id("InventoryItem"),
    "inventory_items": lambda root, call, **page: items_page(
        call, [Item(variant) for variant in call.world.variants.values()], **page
    ),
    "inventory_level": _level,
    "location": _location,
    "locations": _locations,
    "node": _node,
    "nodes": _nodes,
    "order": _by_id("Order"),
    "orders": lambda root, call, **page: orders_page(call, recent_orders(call), **page),
    "product": _by_id("Product"),
    "product_variant": _by_id("ProductVariant"),
    "product_variants": lambda root, call, **page: variants_page(
        call, call.world.variants.values(), **page
    ),
    "products": lambda root, call, **page: products_page(
        call, call.world.products.values(), **page
    ),
    "shop": _shop,
    "web_pixel": pixel_of,
    "webhook_subscription": _by_id("WebhookSubscription"),
    "webhook_subscriptions": _subscriptions,
}
