"""Webhook bodies, key for key as the platform sends them (API version 2026-10).

Ids are integers, money is decimal strings, times carry the shop's offset; a cart's times are UTC
with milliseconds. Prices include the taxes and no tax lines are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from .catalogue import full_title
from .gids import gid, level_gid
from .money import decimal_string, money_set
from .world import (
    Address,
    Body,
    Cart,
    CartLine,
    Customer,
    Fulfillment,
    FulfillmentOrder,
    Level,
    LineItem,
    Location,
    Order,
    OrderEdit,
    Refund,
    RefundLine,
    ShippingLine,
    World,
)

COUNTRIES = {
    "AT": "Austria",
    "BG": "Bulgaria",
    "DE": "Germany",
    "ES": "Spain",
    "FR": "France",
    "GR": "Greece",
    "RO": "Romania",
}


def shop_time(world: World, at: datetime) -> str:
    """``2026-11-22T18:00:00+02:00``: whole seconds in the shop's zone."""
    return at.astimezone(ZoneInfo(world.shop.time_zone)).replace(microsecond=0).isoformat()


def utc_time(at: datetime) -> str:
    """``2026-11-22T16:00:00.000Z``, as carts have it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def cart(world: World, cart: Cart) -> Body:
    """``carts/create`` and ``carts/update``: no customer, no attributes, no currency."""
    return {
        "id": cart.token,
        "token": cart.token,
        "line_items": [_cart_line(world, line) for line in cart.lines],
        "note": cart.note,
        "updated_at": utc_time(cart.updated_at),
        "created_at": utc_time(cart.created_at),
    }


def _cart_line(world: World, line: CartLine) -> Body:
    variant = world.variants[line.variant_id]
    price, total = decimal_string(variant.price), decimal_string(variant.price * line.quantity)
    return {
        "id": variant.id,
        "properties": dict(line.properties) or None,
        "quantity": line.quantity,
        "variant_id": variant.id,
        "key": line.key,
        "discounted_price": price,
        "discounts": [],
        "gift_card": False,
        "grams": variant.grams,
        "line_price": total,
        "original_line_price": total,
        "original_price": price,
        "price": price,
        "product_id": variant.product_id,
        "sku": variant.sku,
        "taxable": True,
        "title": full_title(world, variant),
        "total_discount": "0.00",
        "vendor": world.products[variant.product_id].vendor,
        "discounted_price_set": money_set(variant.price, world.shop.currency),
        "line_price_set": money_set(variant.price * line.quantity, world.shop.currency),
        "original_line_price_set": money_set(variant.price * line.quantity, world.shop.currency),
        "price_set": money_set(variant.price, world.shop.currency),
        "total_discount_set": money_set(0, world.shop.currency),
        "parent_relationship": None,
    }


def order(world: World, order: Order) -> Body:
    """``orders/create``, ``updated``, ``paid``, ``cancelled``, ``fulfilled`` and the rest."""
    return {
        **_order_identity(world, order),
        **_order_money(world, order),
        **_order_parts(world, order),
    }


def _order_identity(world: World, order: Order) -> Body:
    created = shop_time(world, order.created_at)
    customer = world.customers.get(order.customer_id or 0)
    return {
        "id": order.id,
        "admin_graphql_api_id": gid("Order", order.id),
        "app_id": order.app_id,
        "browser_ip": None,
        "buyer_accepts_marketing": customer.accepts_marketing if customer else False,
        "cancel_reason": order.cancel_reason,
        "cancelled_at": _maybe(world, order.cancelled_at),
        "cart_token": order.cart_token,
        "checkout_token": order.checkout_token,
        "client_details": None,
        "closed_at": _maybe(world, order.closed_at),
        "confirmation_number": order.confirmation_number,
        "confirmed": True,
        "contact_email": order.email or None,
        "created_at": created,
        "currency": world.shop.currency,
        "customer_locale": order.locale,
        "device_id": order.device_id,
        "email": order.email,
        "financial_status": order.financial_status,
        "fulfillment_status": order.fulfillment_status,
        "landing_site": None,
        "landing_site_ref": None,
        "location_id": order.location_id,
        "merchant_business_entity_id": "MTU0ODM4MDAwOQ",
        "merchant_of_record_app_id": None,
        "name": order.name,
        "note": order.note,
        "note_attributes": [{"name": name, "value": text} for name, text in order.note_attributes],
        "number": order.number - 1000,
        "order_number": order.number,
        "order_status_url": order_status_url(world, order),
        "payment_gateway_names": [order.gateway],
        "payment_terms": None,
        "phone": order.phone or None,
        "po_number": None,
        "presentment_currency": world.shop.currency,
        "processed_at": created,
        "reference": None,
        "referring_site": None,
        "source_identifier": None,
        "source_name": order.source_name,
        "source_url": None,
        "tags": ", ".join(order.tags),
        "test": False,
        "token": order.token,
        "updated_at": shop_time(world, order.updated_at),
        "user_id": order.user_id,
    }


def order_status_url(world: World, order: Order) -> str:
    path = f"{world.shop.id}/orders/{order.token}/authenticate?key={order.checkout_token}"
    return f"https://{world.shop.domain}/{path}"


def _order_money(world: World, order: Order) -> Body:
    currency = world.shop.currency
    subtotal, discounts = order.current_subtotal, _discounts(order)
    shipping = 0 if order.cancelled_at else order.shipping_price
    amounts = {
        "current_subtotal_price": subtotal,
        "current_total_discounts": discounts,
        "current_total_price": subtotal + shipping,
        "current_total_tax": 0,
        "subtotal_price": order.subtotal,
        "total_discounts": discounts,
        "total_line_items_price": order.subtotal + discounts,
        "total_price": order.total,
        "total_tax": 0,
    }
    money: Body = {}
    for name, minor in amounts.items():
        money[name] = decimal_string(minor)
        money[f"{name}_set"] = money_set(minor, currency)
    return {
        **money,
        "current_shipping_price_set": money_set(shipping, currency),
        "current_total_additional_fees_set": None,
        "current_total_duties_set": None,
        "discount_codes": [],
        "duties_included": False,
        "estimated_taxes": False,
        "original_total_additional_fees_set": None,
        "original_total_duties_set": None,
        "tax_exempt": False,
        "tax_lines": [],
        "taxes_included": True,
        "total_cash_rounding_payment_adjustment_set": money_set(0, currency),
        "total_cash_rounding_refund_adjustment_set": money_set(0, currency),
        "total_outstanding": decimal_string(order.outstanding),
        "total_shipping_price_set": money_set(order.shipping_price, currency),
        "total_tip_received": "0.00",
        "total_weight": sum(line.grams * line.quantity for line in order.lines),
    }


def _discounts(order: Order) -> int:
    return sum(line.discount * line.quantity for line in order.lines)


def _order_parts(world: World, order: Order) -> Body:
    customer = world.customers.get(order.customer_id or 0)
    shipping = order.shipping_line
    return {
        "billing_address": address(order.billing_address),
        "customer": _order_customer(world, customer) if customer else None,
        "discount_applications": [],
        "fulfillments": [
            fulfillment(world, each, inside_order=True) for each in world.fulfillments_of(order.id)
        ],
        "line_items": [_line_item(world, line, order) for line in order.lines],
        "line_item_groups": [],
        "refunds": [refund(world, order, each) for each in order.refunds],
        "returns": [],
        "shipping_address": address(order.shipping_address),
        "shipping_lines": [_shipping_line(world, shipping)] if shipping else [],
    }


def _line_item(world: World, line: LineItem, order: Order) -> Body:
    return {
        "id": line.id,
        "admin_graphql_api_id": gid("LineItem", line.id),
        "attributed_staffs": _attributed(line),
        "current_quantity": line.current,
        "fulfillable_quantity": line.fulfillable,
        "fulfillment_service": "manual",
        "fulfillment_status": _line_status(world, line, order),
        "gift_card": False,
        "grams": line.grams,
        "name": line.name,
        "price": decimal_string(line.price),
        "price_set": money_set(line.price, world.shop.currency),
        "product_exists": True,
        "product_id": line.product_id,
        "properties": [{"name": name, "value": text} for name, text in line.properties],
        "quantity": line.quantity,
        "requires_shipping": line.requires_shipping,
        "sales_line_item_group_id": None,
        "sku": line.sku,
        "taxable": True,
        "title": line.title,
        "total_discount": decimal_string(line.discount * line.quantity),
        "total_discount_set": money_set(line.discount * line.quantity, world.shop.currency),
        "variant_id": line.variant_id,
        "variant_inventory_management": "shopify",
        "variant_title": line.variant_title,
        "vendor": line.vendor,
        "tax_lines": [],
        "duties": [],
        "discount_allocations": [],
    }


def order_edited(world: World, edit: OrderEdit, added: Sequence[LineItem], note: str) -> Body:
    """``orders/edited``: which lines have more units now, and which fewer."""
    order = world.orders[edit.order_id]
    committed = shop_time(world, order.updated_at)
    fewer = [
        {"id": line_id, "delta": order.line(line_id).quantity - units}
        for line_id, units in edit.quantities.items()
    ]
    more = [{"id": line.id, "delta": line.quantity} for line in added]
    discounted = [{"id": line.id} for line in added if line.discount]
    return {
        "order_edit": {
            "id": edit.id,
            "app_id": None,
            "created_at": committed,
            "committed_at": committed,
            "notify_customer": False,
            "order_id": order.id,
            "staff_note": note,
            "user_id": None,
            "line_items": {"additions": more, "removals": fewer},
            "discounts": {"line_item": {"additions": discounted, "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
    }


def refund(world: World, order: Order, refund: Refund) -> Body:
    """``refunds/create``, and each entry of an order's ``refunds``."""
    currency = world.shop.currency
    return {
        "id": refund.id,
        "order_id": order.id,
        "created_at": shop_time(world, refund.created_at),
        "note": refund.note or None,
        "user_id": None,
        "processed_at": shop_time(world, refund.created_at),
        "duties": [],
        "total_duties_set": money_set(0, currency),
        "return": None,
        "refund_shipping_lines": [],
        "restock": refund.restocked,
        "admin_graphql_api_id": gid("Refund", refund.id),
        "order_adjustments": [],
        "refund_line_items": [_refund_line(world, order, refund, line) for line in refund.lines],
        "transactions": [],
    }


def _refund_line(world: World, order: Order, refund: Refund, line: RefundLine) -> Body:
    sold = order.line(line.line_item_id)
    subtotal = sold.unit_price * line.quantity
    item = _line_item(world, sold, order)
    for name in ("attributed_staffs", "current_quantity", "sales_line_item_group_id"):
        del item[name]
    return {
        "id": line.id,
        "quantity": line.quantity,
        "line_item_id": line.line_item_id,
        "location_id": None,
        "restock_type": "cancel" if refund.restocked else "no_restock",
        "subtotal": subtotal / 100,
        "total_tax": 0,
        "subtotal_set": money_set(subtotal, world.shop.currency),
        "total_tax_set": money_set(0, world.shop.currency),
        "line_item": item,
    }


def _attributed(line: LineItem) -> list[Body]:
    if line.staff_id is None:
        return []
    return [{"id": gid("StaffMember", line.staff_id), "quantity": line.quantity}]


def _line_status(world: World, line: LineItem, order: Order) -> str | None:
    done = sum(
        each.quantity
        for fulfillment in world.fulfillments_of(order.id)
        for each in fulfillment.lines
        if each.line_item_id == line.id
    )
    if not done:
        return None
    return "fulfilled" if done >= line.quantity else "partial"


def _shipping_line(world: World, line: ShippingLine) -> Body:
    money = money_set(line.price, world.shop.currency)
    return {
        "id": line.id,
        "carrier_identifier": line.carrier_identifier,
        "code": line.code,
        "current_discounted_price_set": money,
        "discounted_price": decimal_string(line.price),
        "discounted_price_set": money,
        "is_removed": False,
        "phone": None,
        "price": decimal_string(line.price),
        "price_set": money,
        "requested_fulfillment_service_id": None,
        "source": "shopify",
        "title": line.title,
        "tax_lines": [],
        "discount_allocations": [],
    }


def address(address: Address | None) -> Body | None:
    if address is None:
        return None
    return {
        "first_name": address.first_name,
        "address1": address.address1,
        "phone": address.phone or None,
        "city": address.city,
        "zip": address.zip,
        "province": address.province or None,
        "country": COUNTRIES.get(address.country_code, address.country_code),
        "last_name": address.last_name,
        "address2": address.address2 or None,
        "company": address.company or None,
        "latitude": None,
        "longitude": None,
        "name": address.name,
        "country_code": address.country_code,
        "province_code": address.province_code or None,
    }


def _order_customer(world: World, customer: Customer) -> Body:
    body = customer_body(world, customer)
    del body["addresses"]
    return body


def customer_body(world: World, customer: Customer) -> Body:
    """``customers/create`` and ``customers/update``."""
    default = _customer_address(customer)
    return {
        "id": customer.id,
        "created_at": shop_time(world, customer.created_at),
        "updated_at": shop_time(world, customer.updated_at),
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "state": "enabled" if customer.password else "disabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "email": customer.email,
        "phone": customer.phone or None,
        "currency": world.shop.currency,
        "addresses": [default] if default else [],
        "tax_exemptions": [],
        "admin_graphql_api_id": gid("Customer", customer.id),
        "default_address": default,
    }


def _customer_address(customer: Customer) -> Body | None:
    """The customer's one address; its id is the customer's, which is unique enough here."""
    body = address(customer.address)
    if body is None:
        return None
    del body["latitude"], body["longitude"]
    return {
        "id": customer.id,
        "customer_id": customer.id,
        **body,
        "country_name": body["country"],
        "default": True,
    }


def fulfillment(world: World, fulfillment: Fulfillment, *, inside_order: bool = False) -> Body:
    """``fulfillments/create`` and ``fulfillments/update``, or the entry in an order's list."""
    order = world.orders[fulfillment.order_id]
    tracking = fulfillment.tracking
    body: Body = {
        "id": fulfillment.id,
        "order_id": order.id,
        "status": fulfillment.status,
        "created_at": shop_time(world, fulfillment.created_at),
        "service": "manual",
        "updated_at": shop_time(world, fulfillment.updated_at),
        "tracking_company": tracking.get("company"),
        "shipment_status": None,
        "location_id": fulfillment.location_id,
        "origin_address": None,
        "line_items": [
            {**_line_item(world, order.line(line.line_item_id), order), "quantity": line.quantity}
            for line in fulfillment.lines
        ],
        "tracking_number": tracking.get("number"),
        "tracking_numbers": [tracking["number"]] if tracking.get("number") else [],
        "tracking_url": tracking.get("url"),
        "tracking_urls": [tracking["url"]] if tracking.get("url") else [],
        "receipt": {},
        "name": fulfillment.name,
        "admin_graphql_api_id": gid("Fulfillment", fulfillment.id),
    }
    if inside_order:
        return body
    for line in body["line_items"]:
        for name in ("attributed_staffs", "current_quantity", "sales_line_item_group_id"):
            del line[name]
    return {**body, "email": order.email, "destination": address(order.shipping_address)}


def inventory_level(world: World, level: Level) -> Body:
    """``inventory_levels/update``: what is available, nothing else."""
    return {
        "inventory_item_id": level.inventory_item_id,
        "location_id": level.location_id,
        "available": level.available,
        "updated_at": shop_time(world, level.updated_at),
        "admin_graphql_api_id": level_gid(level.inventory_item_id, level.location_id),
    }


def _fulfillment_order(order: FulfillmentOrder) -> Body:
    return {"id": gid("FulfillmentOrder", order.id), "status": order.status.lower()}


def order_routing_complete(order: FulfillmentOrder) -> Body:
    return {"fulfillment_order": _fulfillment_order(order)}


def prepared_for_pickup(order: FulfillmentOrder) -> Body:
    """No order id and no lines: the receiver has to ask back."""
    return {
        "fulfillment_order": {
            **_fulfillment_order(order),
            "preparable": True,
            "delivery_method": {"method_type": "pickup"},
        }
    }


def fulfillment_order_cancelled(
    order: FulfillmentOrder, replacement: FulfillmentOrder | None
) -> Body:
    return {
        "fulfillment_order": _fulfillment_order(order),
        "replacement_fulfillment_order": _fulfillment_order(replacement) if replacement else None,
    }


def fulfillment_order_moved(
    original: FulfillmentOrder,
    moved: FulfillmentOrder,
    *,
    source_id: int,
    lines: list[tuple[int, int]],
) -> Body:
    """``lines`` are (fulfillment order line id, quantity)."""
    return {
        "original_fulfillment_order": {
            **_fulfillment_order(original),
            "assigned_location_id": gid("Location", original.location_id),
        },
        "moved_fulfillment_order": {
            **_fulfillment_order(moved),
            "assigned_location_id": gid("Location", moved.location_id),
        },
        "destination_location_id": gid("Location", moved.location_id),
        "fulfillment_order_line_items_requested": [
            {"id": gid("FulfillmentOrderLineItem", line_id), "quantity": quantity}
            for line_id, quantity in lines
        ],
        "source_location": {"id": gid("Location", source_id)},
    }


def fulfillment_order_split(
    order: FulfillmentOrder, new: FulfillmentOrder, lines: list[tuple[int, int]]
) -> Body:
    """``lines`` are (fulfillment order line id, quantity) that went to ``new``."""
    return {
        "split_line_items": [
            {"id": gid("FulfillmentOrderLineItem", line_id), "quantity": quantity}
            for line_id, quantity in lines
        ],
        "fulfillment_order": _fulfillment_order(order),
        "remaining_fulfillment_order": _fulfillment_order(new),
        "replacement_fulfillment_order": None,
    }


def fulfillment_order_held(order: FulfillmentOrder, *, hold_id: int, notes: str) -> Body:
    held = {
        "id": gid("FulfillmentHold", hold_id),
        "reason": "other",
        "reason_notes": notes,
        "held_by_requesting_app": False,
        "handle": None,
        "held_by_app": None,
    }
    return {
        "fulfillment_order": {**_fulfillment_order(order), "fulfillment_holds": [held]},
        "remaining_fulfillment_order": None,
        "held_fulfillment_order_line_items": [
            {"id": gid("FulfillmentOrderLineItem", line.id), "quantity": line.remaining}
            for line in order.lines
        ],
        "created_fulfillment_hold": held,
    }


def location(world: World, location: Location) -> Body:
    """``locations/create``, ``update``, ``activate`` and ``deactivate``."""
    return {
        "id": location.id,
        "name": location.name,
        "address1": location.address1,
        "address2": None,
        "city": location.city,
        "zip": location.zip,
        "province": None,
        "country": location.country_code,
        "phone": location.phone,
        "created_at": shop_time(world, location.created_at),
        "updated_at": shop_time(world, location.updated_at),
        "country_code": location.country_code,
        "country_name": COUNTRIES.get(location.country_code, location.country_code),
        "province_code": None,
        "legacy": False,
        "active": location.active,
        "admin_graphql_api_id": gid("Location", location.id),
    }


def shop(world: World) -> Body:
    """``app/uninstalled`` and ``shop/update``: the shop as it is."""
    shop = world.shop
    created = shop_time(world, shop.created_at)
    return {
        "id": shop.id,
        "name": shop.name,
        "email": shop.email,
        "domain": shop.domain,
        "province": None,
        "country": shop.country_code,
        "address1": shop.address1,
        "zip": shop.zip,
        "city": shop.city,
        "source": None,
        "phone": shop.phone,
        "latitude": None,
        "longitude": None,
        "primary_locale": "en",
        "address2": None,
        "created_at": created,
        "updated_at": created,
        "country_code": shop.country_code,
        "country_name": COUNTRIES.get(shop.country_code, shop.country_code),
        "currency": shop.currency,
        "customer_email": shop.email,
        "timezone": f"(GMT{created[-6:]}) {shop.time_zone}",
        "iana_timezone": shop.time_zone,
        "shop_owner": shop.owner,
        "money_format": "{{amount}} " + shop.currency,
        "money_with_currency_format": "{{amount}} " + shop.currency,
        "weight_unit": "kg",
        "province_code": None,
        **_SHOP_SETTINGS,
        "myshopify_domain": shop.domain,
        "money_in_emails_format": "{{amount}} " + shop.currency,
        "money_with_currency_in_emails_format": "{{amount}} " + shop.currency,
        "primary_location_id": min(world.locations, default=None),
        "multi_location_enabled": len(world.locations) > 1,
        "enabled_presentment_currencies": [shop.currency],
    }


_SHOP_SETTINGS: Body = {
    "taxes_included": True,
    "auto_configure_tax_inclusivity": None,
    "tax_shipping": None,
    "county_taxes": None,
    "plan_display_name": "Basic",
    "plan_name": "basic",
    "has_discounts": False,
    "has_gift_cards": False,
    "google_apps_domain": None,
    "google_apps_login_enabled": None,
    "eligible_for_payments": True,
    "requires_extra_payments_agreement": False,
    "password_enabled": False,
    "has_storefront": True,
    "finances": True,
    "checkout_api_supported": True,
    "setup_required": False,
    "pre_launch_enabled": False,
    "marketing_sms_consent_enabled_at_checkout": False,
    "transactional_sms_disabled": False,
}


def customers_data_request(world: World, customer: Customer, *, request_id: int) -> Body:
    return {
        **shop_redact(world),
        "customer": _compliance_customer(customer),
        "orders_requested": [order.id for order in world.orders_of(customer.id)],
        "data_request": {"id": request_id},
    }


def customers_redact(world: World, customer: Customer) -> Body:
    return {
        **shop_redact(world),
        "customer": _compliance_customer(customer),
        "orders_to_redact": [order.id for order in world.orders_of(customer.id)],
    }


def customers_merge(kept_id: int, gone_id: int) -> Body:
    """``customers/merge`` of a merge that is done."""
    return {
        "admin_graphql_api_customer_kept_id": gid("Customer", kept_id),
        "admin_graphql_api_customer_deleted_id": gid("Customer", gone_id),
        "admin_graphql_api_job_id": None,
        "status": "completed",
        "errors": [],
    }


def shop_redact(world: World) -> Body:
    return {"shop_id": world.shop.id, "shop_domain": world.shop.domain}


def scopes_update(world: World, *, previous: list[str], current: list[str], at: datetime) -> Body:
    return {
        "id": 1,
        "shop_id": gid("Shop", world.shop.id),
        "previous": previous,
        "current": current,
        "updated_at": utc_time(at),
    }


def _compliance_customer(customer: Customer) -> Body:
    return {"id": customer.id, "email": customer.email, "phone": customer.phone or None}


def _maybe(world: World, at: datetime | None) -> str | None:
    return shop_time(world, at) if at else None
