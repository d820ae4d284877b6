"""How each type of thing answers, field by field, where its attribute alone does not say it."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from .. import catalogue, inventory, metafields, payloads
from ..gids import gid, level_gid
from ..world import (
    Address,
    Customer,
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
from .call import Call
from .lists import (
    fulfillment_orders_page,
    levels_page,
    number_of,
    orders_page,
    plain_page,
    variants_page,
)
from .pages import Page, Window
from .topics import topic_enum
from .wire import bad_request

Reader = Callable[..., Any]


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


def _number(kind: str) -> Reader:
    return lambda thing, call: gid(kind, thing.id)


def _identified(kind: str) -> dict[str, Reader]:
    return {"id": _number(kind), "legacy_resource_id": lambda thing, call: thing.id}


def _always(value: Any) -> Reader:
    return lambda thing, call: value


def _text(name: str) -> Reader:
    """An attribute whose empty text is null outside."""
    return lambda thing, call: getattr(thing, name) or None


def money(minor: int, call: Call) -> dict[str, Any]:
    """A MoneyBag."""
    one = {"amount": minor, "currency_code": call.world.shop.currency}
    return {"shop_money": one, "presentment_money": one}


def _money(read: Callable[[Any], int]) -> Reader:
    return lambda thing, call: money(read(thing), call)


def _lines(things: Iterable[Any], window: Mapping[str, Any]) -> Page:
    return plain_page(things, Window(**window), number=lambda each: each.line.id)


def _address(address: Address | None, owner_id: int) -> dict[str, Any] | None:
    if address is None:
        return None
    fields: dict[str, Any] = payloads.address(address) or {}
    return {
        **fields,
        "id": gid("MailingAddress", owner_id),
        "country_code_v2": address.country_code,
        "formatted": _formatted(address.address1, address.zip, address.city, fields["country"]),
    }


def _formatted(street: str, postcode: str, city: str, country: str) -> list[str]:
    return [line for line in (street, f"{postcode} {city}".strip(), country) if line]


# Shop -------------------------------------------------------------------------------------------


def _offset(shop: Shop, call: Call) -> str:
    return call.at.astimezone(ZoneInfo(shop.time_zone)).strftime("%z")


def _offset_minutes(shop: Shop, call: Call) -> int:
    offset = call.at.astimezone(ZoneInfo(shop.time_zone)).utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0


def _shop_address(shop: Shop, call: Call) -> dict[str, Any]:
    country = payloads.COUNTRIES.get(shop.country_code, shop.country_code)
    return {
        "id": gid("ShopAddress", shop.id),
        "address1": shop.address1,
        "city": shop.city,
        "zip": shop.zip,
        "phone": shop.phone,
        "country": country,
        "country_code_v2": shop.country_code,
        "formatted": _formatted(shop.address1, shop.zip, shop.city, country),
    }


_SHOP: dict[str, Reader] = {
    "id": _number("Shop"),
    "contact_email": lambda shop, call: shop.email,
    "currency_code": lambda shop, call: shop.currency,
    "enabled_presentment_currencies": lambda shop, call: [shop.currency],
    "iana_timezone": lambda shop, call: shop.time_zone,
    "myshopify_domain": lambda shop, call: shop.domain,
    "primary_domain": lambda shop, call: {
        "id": gid("Domain", shop.id),
        "host": shop.domain,
        "ssl_enabled": True,
        "url": f"https://{shop.domain}",
    },
    "shop_address": _shop_address,
    "shop_owner_name": lambda shop, call: shop.owner,
    "taxes_included": _always(True),
    "timezone_abbreviation": lambda shop, call: call.at.astimezone(
        ZoneInfo(shop.time_zone)
    ).tzname(),
    "timezone_offset": _offset,
    "timezone_offset_minutes": _offset_minutes,
    "updated_at": lambda shop, call: shop.created_at,
    "url": lambda shop, call: f"https://{shop.domain}",
}


# Location ---------------------------------------------------------------------------------------


def _location_address(location: Location, call: Call) -> dict[str, Any]:
    country = payloads.COUNTRIES.get(location.country_code, location.country_code)
    return {
        "address1": location.address1,
        "address2": None,
        "city": location.city,
        "zip": location.zip,
        "phone": location.phone,
        "country": country,
        "country_code": location.country_code,
        "formatted": _formatted(location.address1, location.zip, location.city, country),
    }


def pickup_settings(location: Location, call: Call) -> dict[str, Any] | None:
    if location.pickup_time is None:
        return None
    return {"pickup_time": location.pickup_time, "instructions": location.pickup_instructions}


def _metafield(
    location: Location, call: Call, key: str, namespace: str | None = None
) -> Metafield | None:
    return metafields.find(call.world, location, namespace or f"app--{call.client_id}", key)


def _metafields(
    location: Location, call: Call, namespace: str | None = None, **window: Any
) -> Page:
    kept = metafields.of_location(call.world, location)
    return plain_page(
        [each for each in kept if namespace in (None, each.namespace)], Window(**window)
    )


def _has_stock(location: Location, call: Call) -> bool:
    return any(place == location.id for _, place in call.world.levels)


_LOCATION: dict[str, Reader] = {
    **_identified("Location"),
    "address": _location_address,
    "fulfills_online_orders": lambda location, call: location.active,
    "has_active_inventory": _has_stock,
    "inventory_level": lambda location, call, inventory_item_id: _level_by_gid(
        call, inventory_item_id, gid("Location", location.id)
    ),
    "inventory_levels": lambda location, call, **page: levels_page(
        call, [one for one in call.world.levels.values() if one.location_id == location.id], **page
    ),
    "is_active": lambda location, call: location.active,
    "is_fulfillment_service": _always(False),
    "local_pickup_settings_v2": pickup_settings,
    "metafield": _metafield,
    "metafields": _metafields,
    "ships_inventory": lambda location, call: location.active,
}

_METAFIELD: dict[str, Reader] = {
    **_identified("Metafield"),
    "json_value": lambda metafield, call: _json_value(metafield),
    "owner_type": _always("LOCATION"),
}


def _json_value(metafield: Metafield) -> Any:
    if metafield.type.startswith(("json", "list.", "number_integer", "boolean")):
        return json.loads(metafield.value)
    return metafield.value


# Products and stock -----------------------------------------------------------------------------

_PRODUCT: dict[str, Reader] = {
    **_identified("Product"),
    "description_html": lambda product, call: f"<p>{html.escape(product.description)}</p>",
    "has_only_default_variant": lambda product, call: catalogue.has_only_default_variant(
        call.world, product
    ),
    "published_at": lambda product, call: product.created_at,
    "total_inventory": lambda product, call: sum(
        inventory.available(call.world, each) for each in product.variants
    ),
    "tracks_inventory": _always(True),
    "variants": lambda product, call, **page: variants_page(
        call, catalogue.variants_of(call.world, product), **page
    ),
}

_VARIANT: dict[str, Reader] = {
    **_identified("ProductVariant"),
    "available_for_sale": lambda variant, call: inventory.available(call.world, variant.id) > 0,
    "barcode": _always(None),
    "compare_at_price": _always(None),
    "display_name": lambda variant, call: (
        f"{call.world.products[variant.product_id].title} - {variant.title}"
    ),
    "inventory_item": lambda variant, call: Item(variant),
    "inventory_policy": _always("DENY"),
    "inventory_quantity": lambda variant, call: inventory.available(call.world, variant.id),
    "position": lambda variant, call: (
        call.world.products[variant.product_id].variants.index(variant.id) + 1
    ),
    "product": lambda variant, call: call.world.products[variant.product_id],
    "selected_options": lambda variant, call: [
        {
            "name": "Title" if variant.title == "Default Title" else "Option",
            "value": variant.title,
        }
    ],
    "sellable_online_quantity": lambda variant, call: inventory.available(call.world, variant.id),
    "taxable": _always(True),
}


def _level_by_gid(call: Call, inventory_item_id: str, location_id: str) -> Level | None:
    item, place = number_of(inventory_item_id, "InventoryItem"), number_of(location_id, "Location")
    return call.world.level(item, place) if item and place else None


_ITEM: dict[str, Reader] = {
    **_identified("InventoryItem"),
    "created_at": lambda item, call: item.variant.created_at,
    "inventory_level": lambda item, call, location_id: _level_by_gid(
        call, gid("InventoryItem", item.id), location_id
    ),
    "inventory_levels": lambda item, call, **page: levels_page(
        call,
        [one for one in call.world.levels.values() if one.inventory_item_id == item.id],
        **page,
    ),
    "requires_shipping": lambda item, call: item.variant.requires_shipping,
    "sku": lambda item, call: item.variant.sku,
    "tracked": _always(True),
    "updated_at": lambda item, call: item.variant.updated_at,
    "variants": lambda item, call, **page: variants_page(call, [item.variant], **page),
}

QUANTITY_NAMES = (
    "available",
    "committed",
    "damaged",
    "incoming",
    "on_hand",
    "quality_control",
    "reserved",
    "safety_stock",
)


def _quantities(level: Level, call: Call, names: list[str]) -> list[Quantity]:
    found = []
    for name in names:
        if name not in QUANTITY_NAMES:
            raise bad_request(f"The quantity name '{name}' is invalid.")
        own = name in ("available", "committed", "on_hand")
        number = getattr(level, name) if own else level.others.get(name, 0)
        found.append(Quantity(level, name, number))
    return found


_LEVEL: dict[str, Reader] = {
    "id": lambda level, call: level_gid(level.inventory_item_id, level.location_id),
    "created_at": lambda level, call: call.world.locations[level.location_id].created_at,
    "is_active": lambda level, call: call.world.locations[level.location_id].active,
    "item": lambda level, call: item_of(call, level.inventory_item_id),
    "location": lambda level, call: call.world.locations[level.location_id],
    "quantities": _quantities,
}

_QUANTITY: dict[str, Reader] = {
    "id": lambda quantity, call: (
        f"gid://shopify/InventoryQuantity/{quantity.level.location_id}"
        f"?inventory_item_id={quantity.level.inventory_item_id}&name={quantity.name}"
    ),
    "updated_at": lambda quantity, call: quantity.level.updated_at,
}


# Customers --------------------------------------------------------------------------------------

_CUSTOMER: dict[str, Reader] = {
    **_identified("Customer"),
    "default_address": lambda customer, call: _address(customer.address, customer.id),
    "default_email_address": lambda customer, call: (
        {"email_address": customer.email, "valid_format": True} if customer.email else None
    ),
    "default_phone_number": lambda customer, call: (
        {"phone_number": customer.phone} if customer.phone else None
    ),
    "display_name": lambda customer, call: customer.name or customer.email,
    "locale": _always("en"),
    "note": _always(None),
    "number_of_orders": lambda customer, call: len(call.world.orders_of(customer.id)),
    "orders": lambda customer, call, **page: orders_page(
        call, call.world.orders_of(customer.id), **page
    ),
    "phone": _text("phone"),
    "state": lambda customer, call: "ENABLED" if customer.password else "DISABLED",
    "tags": _always([]),
    "tax_exempt": _always(False),
    "verified_email": _always(True),
}


# Orders -----------------------------------------------------------------------------------------

_FULFILLED = {
    None: "UNFULFILLED",
    "partial": "PARTIALLY_FULFILLED",
    "fulfilled": "FULFILLED",
    "restocked": "RESTOCKED",
}


def _attributes(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in pairs]


def _current_subtotal(order: Order) -> int:
    return sum(line.price * line.current for line in order.lines)


def _current_total(order: Order) -> int:
    return 0 if order.cancelled_at else _current_subtotal(order) + order.shipping_price


def _shipping_lines(order: Order, call: Call, **window: Any) -> Page:
    lines = [order.shipping_line] if order.shipping_line else []
    return plain_page(lines, Window(**window))


def _fulfillments(order: Order, call: Call, first: int | None = None) -> list[Fulfillment]:
    return call.world.fulfillments_of(order.id)[:first]


_ORDER_MONEY: dict[str, Callable[[Order], int]] = {
    "current_subtotal_price_set": _current_subtotal,
    "current_total_price_set": _current_total,
    "original_total_price_set": lambda order: order.total,
    "subtotal_price_set": lambda order: order.subtotal,
    "total_outstanding_set": lambda order: 0,
    "total_price_set": lambda order: order.total,
    "total_received_set": lambda order: order.total,
    "total_refunded_set": lambda order: order.refunded,
    "total_shipping_price_set": lambda order: order.shipping_price,
    "total_tax_set": lambda order: 0,
}

_ORDER: dict[str, Reader] = {
    **_identified("Order"),
    **{name: _money(read) for name, read in _ORDER_MONEY.items()},
    "billing_address": lambda order, call: _address(order.billing_address, order.id),
    "cancel_reason": lambda order, call: (order.cancel_reason or "").upper() or None,
    "closed": lambda order, call: order.closed_at is not None,
    "confirmed": _always(True),
    "currency_code": lambda order, call: call.world.shop.currency,
    "current_subtotal_line_items_quantity": lambda order, call: sum(
        line.current for line in order.lines
    ),
    "custom_attributes": lambda order, call: _attributes(order.note_attributes),
    "customer": lambda order, call: call.world.customers.get(order.customer_id or 0),
    "customer_locale": _always("en"),
    "display_financial_status": lambda order, call: order.financial_status.upper(),
    "display_fulfillment_status": lambda order, call: _FULFILLED[order.fulfillment_status],
    "email": _text("email"),
    "fulfillable": lambda order, call: any(line.fulfillable for line in order.lines),
    "fulfillment_orders": lambda order, call, **page: fulfillment_orders_page(
        call, call.world.fulfillment_orders_of(order.id), **page
    ),
    "fulfillments": _fulfillments,
    "fully_paid": _always(True),
    "line_items": lambda order, call, **window: _lines(
        [Sold(order, line) for line in order.lines], window
    ),
    "payment_gateway_names": lambda order, call: [order.gateway],
    "phone": _text("phone"),
    "presentment_currency_code": lambda order, call: call.world.shop.currency,
    "processed_at": lambda order, call: order.created_at,
    "requires_shipping": lambda order, call: any(line.requires_shipping for line in order.lines),
    "retail_location": lambda order, call: call.world.locations.get(order.location_id or 0),
    "shipping_address": lambda order, call: _address(order.shipping_address, order.id),
    "shipping_lines": _shipping_lines,
    "source_identifier": _always(None),
    "staff_member": lambda order, call: call.world.staff.get(order.user_id or 0),
    "status_page_url": lambda order, call: payloads.order_status_url(call.world, order),
    "subtotal_line_items_quantity": lambda order, call: sum(line.quantity for line in order.lines),
    "taxes_included": _always(True),
    "test": _always(False),
    "unpaid": _always(False),
}

_SHIPPING_LINE: dict[str, Reader] = {
    "id": _number("ShippingLine"),
    "is_removed": _always(False),
    "original_price_set": _money(lambda line: line.price),
    "source": _always("shopify"),
}


def _of_line(name: str) -> Reader:
    return lambda sold, call: getattr(sold.line, name)


_LINE_ITEM: dict[str, Reader] = {
    "id": lambda sold, call: gid("LineItem", sold.line.id),
    **{
        name: _of_line(name)
        for name in ("name", "quantity", "requires_shipping", "sku", "title", "variant_title")
    },
    "current_quantity": _of_line("current"),
    "custom_attributes": lambda sold, call: _attributes(sold.line.properties),
    "discounted_total_set": _money(lambda sold: sold.line.price * sold.line.quantity),
    "discounted_unit_price_set": _money(lambda sold: sold.line.price),
    "is_gift_card": _always(False),
    "original_total_set": _money(lambda sold: sold.line.price * sold.line.quantity),
    "original_unit_price_set": _money(lambda sold: sold.line.price),
    "product": lambda sold, call: call.world.products.get(sold.line.product_id),
    "refundable_quantity": _of_line("current"),
    "staff_member": lambda sold, call: call.world.staff.get(sold.line.staff_id or 0),
    "taxable": _always(True),
    "unfulfilled_quantity": _of_line("fulfillable"),
    "variant": lambda sold, call: call.world.variants.get(sold.line.variant_id),
    "vendor": _of_line("vendor"),
}

_STAFF: dict[str, Reader] = {
    "id": _number("StaffMember"),
    "active": _always(True),
    "exists": _always(True),
    "is_shop_owner": lambda staff, call: staff.id == min(call.world.staff),
}


# Fulfillment ------------------------------------------------------------------------------------


def _assigned_location(order: FulfillmentOrder, call: Call) -> dict[str, Any]:
    location = call.world.locations[order.location_id]
    return {
        "address1": location.address1,
        "city": location.city,
        "country_code": location.country_code,
        "location": location,
        "name": location.name,
        "phone": location.phone,
        "zip": location.zip,
    }


def _delivery_method(order: FulfillmentOrder, call: Call) -> dict[str, Any]:
    line = call.world.orders[order.order_id].shipping_line
    place = call.world.locations[order.location_id]
    pickup = {"instructions": place.pickup_instructions or None, "phone": place.phone}
    return {
        "id": gid("DeliveryMethod", order.delivery_method_id),
        "method_type": order.method,
        "presented_name": line.title if line else None,
        "service_code": line.code if line else None,
        "additional_information": pickup if order.method == "PICK_UP" else None,
    }


def _destination(order: FulfillmentOrder, call: Call) -> dict[str, Any] | None:
    """Where to send it, or who comes to which location for it; nothing for a sale in store."""
    sold = call.world.orders[order.order_id]
    if order.method == "RETAIL":
        return None
    address = sold.shipping_address
    customer = call.world.customers.get(sold.customer_id or 0)
    person = address or sold.billing_address or customer
    return {
        "id": gid("FulfillmentOrderDestination", order.id),
        "address1": address.address1 if address else None,
        "address2": (address.address2 or None) if address else None,
        "city": address.city if address else None,
        "company": (address.company or None) if address else None,
        "country_code": address.country_code if address else None,
        "zip": address.zip if address else None,
        "email": sold.email or None,
        "first_name": person.first_name if person else None,
        "last_name": person.last_name if person else None,
        "phone": (person.phone or None) if person else None,
        "location": None if address else call.world.locations[order.location_id],
    }


_ACTIONS = {
    "OPEN": ("CREATE_FULFILLMENT", "MOVE", "CANCEL_FULFILLMENT_ORDER"),
    "IN_PROGRESS": ("CREATE_FULFILLMENT", "MOVE"),
}


def _actions(order: FulfillmentOrder, call: Call) -> list[dict[str, Any]]:
    return [{"action": name, "external_url": None} for name in _ACTIONS.get(order.status, ())]


_FULFILLMENT_ORDER: dict[str, Reader] = {
    "id": _number("FulfillmentOrder"),
    "assigned_location": _assigned_location,
    "delivery_method": _delivery_method,
    "destination": _destination,
    "fulfill_at": lambda order, call: order.created_at,
    "fulfillments": lambda order, call, **window: plain_page(
        [
            each
            for each in call.world.fulfillments_of(order.order_id)
            if order.id in each.fulfillment_order_ids
        ],
        Window(**window),
    ),
    "line_items": lambda order, call, **window: _lines(
        [ToFulfil(order, line) for line in order.lines], window
    ),
    "order": lambda order, call: call.world.orders[order.order_id],
    "order_id": lambda order, call: gid("Order", order.order_id),
    "order_name": lambda order, call: call.world.orders[order.order_id].name,
    "order_processed_at": lambda order, call: call.world.orders[order.order_id].created_at,
    "supported_actions": _actions,
}


def _sold(line: ToFulfil, call: Call) -> LineItem:
    return call.world.orders[line.order.order_id].line(line.line.line_item_id)


_FULFILLMENT_ORDER_LINE: dict[str, Reader] = {
    "id": lambda line, call: gid("FulfillmentOrderLineItem", line.line.id),
    "inventory_item_id": lambda line, call: gid(
        "InventoryItem", call.world.variants[_sold(line, call).variant_id].inventory_item_id
    ),
    "line_item": lambda line, call: Sold(call.world.orders[line.order.order_id], _sold(line, call)),
    "product_title": lambda line, call: _sold(line, call).title,
    "remaining_quantity": lambda line, call: line.line.remaining,
    "requires_shipping": lambda line, call: _sold(line, call).requires_shipping,
    "sku": lambda line, call: _sold(line, call).sku,
    "total_quantity": lambda line, call: line.line.total,
    "variant": lambda line, call: call.world.variants.get(_sold(line, call).variant_id),
    "variant_title": lambda line, call: _sold(line, call).variant_title,
    "vendor": lambda line, call: _sold(line, call).vendor,
}


def _tracking(
    fulfillment: Fulfillment, call: Call, first: int | None = None
) -> list[dict[str, Any]]:
    if not fulfillment.tracking:
        return []
    return [{name: fulfillment.tracking.get(name) for name in ("company", "number", "url")}]


def _orders_of(fulfillment: Fulfillment, call: Call) -> list[FulfillmentOrder]:
    return [call.world.fulfillment_orders[each] for each in fulfillment.fulfillment_order_ids]


def _display_status(fulfillment: Fulfillment, call: Call) -> str:
    picked_up = any(each.method == "PICK_UP" for each in _orders_of(fulfillment, call))
    return "PICKED_UP" if picked_up else "FULFILLED"


_FULFILLMENT: dict[str, Reader] = {
    **_identified("Fulfillment"),
    "display_status": _display_status,
    "fulfillment_line_items": lambda fulfillment, call, **window: _lines(
        [Fulfilled(fulfillment, line) for line in fulfillment.lines], window
    ),
    "fulfillment_orders": lambda fulfillment, call, **page: fulfillment_orders_page(
        call, _orders_of(fulfillment, call), **page
    ),
    "location": lambda fulfillment, call: call.world.locations[fulfillment.location_id],
    "order": lambda fulfillment, call: call.world.orders[fulfillment.order_id],
    "requires_shipping": _always(True),
    "status": lambda fulfillment, call: fulfillment.status.upper(),
    "total_quantity": lambda fulfillment, call: sum(line.quantity for line in fulfillment.lines),
    "tracking_info": _tracking,
}


def _fulfilled_line(fulfilled: Fulfilled, call: Call) -> Sold:
    order = call.world.orders[fulfilled.fulfillment.order_id]
    return Sold(order, order.line(fulfilled.line.line_item_id))


_FULFILLMENT_LINE: dict[str, Reader] = {
    "id": lambda fulfilled, call: gid("FulfillmentLineItem", fulfilled.line.id),
    "line_item": _fulfilled_line,
    "quantity": lambda fulfilled, call: fulfilled.line.quantity,
}


# The app ----------------------------------------------------------------------------------------

_SUBSCRIPTION: dict[str, Reader] = {
    **_identified("WebhookSubscription"),
    "api_version": lambda subscription, call: {
        "display_name": call.version,
        "handle": call.version,
        "supported": True,
    },
    "filter": _text("filter"),
    "topic": lambda subscription, call: topic_enum(subscription.topic),
}


def _app(grant: Grant, call: Call) -> dict[str, Any]:
    app = call.world.app
    return {
        "id": gid("App", 1),
        "api_key": grant.client_id,
        "handle": app.handle if app else None,
        "title": app.name if app else grant.client_id,
    }


_INSTALLATION: dict[str, Reader] = {
    "id": _always(gid("AppInstallation", 1)),
    "access_scopes": lambda grant, call: [
        {"handle": scope, "description": scope.replace("_", " ")} for scope in grant.scopes
    ],
    "app": _app,
}


READERS: dict[str, dict[str, Reader]] = {
    "AppInstallation": _INSTALLATION,
    "Customer": _CUSTOMER,
    "Fulfillment": _FULFILLMENT,
    "FulfillmentLineItem": _FULFILLMENT_LINE,
    "FulfillmentOrder": _FULFILLMENT_ORDER,
    "FulfillmentOrderLineItem": _FULFILLMENT_ORDER_LINE,
    "InventoryItem": _ITEM,
    "InventoryLevel": _LEVEL,
    "InventoryQuantity": _QUANTITY,
    "LineItem": _LINE_ITEM,
    "Location": _LOCATION,
    "Metafield": _METAFIELD,
    "Order": _ORDER,
    "Product": _PRODUCT,
    "ProductVariant": _VARIANT,
    "ShippingLine": _SHIPPING_LINE,
    "Shop": _SHOP,
    "StaffMember": _STAFF,
    "WebhookSubscription": _SUBSCRIPTION,
}
