"""How orders, their lines and the staff who sold them answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ... import payloads, refunds
from ...gids import gid
from ...world import Fulfillment, Order
from ..call import Call
from ..lists import fulfillment_orders_page, plain_page
from ..pages import Page, Window
from ..refunding import lines_of
from .readers import (
    Reader,
    always,
    identified,
    in_money,
    lines_page,
    mailing_address,
    money,
    number,
    text,
)
from .views import Sold

_FULFILLED = {
    None: "UNFULFILLED",
    "partial": "PARTIALLY_FULFILLED",
    "fulfilled": "FULFILLED",
    "restocked": "RESTOCKED",
}


def _attributes(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in pairs]


def _shipping_lines(order: Order, call: Call, **window: Any) -> Page:
    lines = [order.shipping_line] if order.shipping_line else []
    return plain_page(lines, Window(**window))


def _fulfillments(order: Order, call: Call, first: int | None = None) -> list[Fulfillment]:
    return call.world.fulfillments_of(order.id)[:first]


def _payment(order: Order, call: Call) -> dict[str, Any]:
    return {
        "id": gid("OrderTransaction", order.id),
        "kind": "SALE",
        "status": "SUCCESS",
        "gateway": order.gateway,
        "amount_set": money(order.received, call),
    }


def _transactions(order: Order, call: Call, first: int | None = None) -> list[dict[str, Any]]:
    """The one payment that there was."""
    return [_payment(order, call)][:first]


def _suggested_refund(
    order: Order, call: Call, refund_line_items: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """What to give back for some lines: all of it from the one payment that there was."""
    amount = money(refunds.suggested(order, lines_of(refund_line_items or [])), call)
    suggestion = {
        "amount_set": amount,
        "gateway": order.gateway,
        "kind": "SUGGESTED_REFUND",
        "parent_transaction": _payment(order, call),
    }
    return {"amount_set": amount, "subtotal_set": amount, "suggested_transactions": [suggestion]}


_ORDER_MONEY: dict[str, Callable[[Order], int]] = {
    "current_subtotal_price_set": lambda order: order.current_subtotal,
    "current_total_price_set": lambda order: order.current_total,
    "original_total_price_set": lambda order: order.received,
    "subtotal_price_set": lambda order: order.subtotal,
    "total_outstanding_set": lambda order: order.outstanding,
    "total_price_set": lambda order: order.total,
    "total_received_set": lambda order: order.received,
    "total_refunded_set": lambda order: order.refunded,
    "total_shipping_price_set": lambda order: order.shipping_price,
    "total_tax_set": lambda order: 0,
}

ORDER: dict[str, Reader] = {
    **identified("Order"),
    **{name: in_money(read) for name, read in _ORDER_MONEY.items()},
    "billing_address": lambda order, call: mailing_address(order.billing_address, order.id),
    "cancel_reason": lambda order, call: (order.cancel_reason or "").upper() or None,
    "closed": lambda order, call: order.closed_at is not None,
    "confirmed": always(True),
    "currency_code": lambda order, call: call.world.shop.currency,
    "current_subtotal_line_items_quantity": lambda order, call: sum(
        line.current for line in order.lines
    ),
    "custom_attributes": lambda order, call: _attributes(order.note_attributes),
    "customer": lambda order, call: call.world.customers.get(order.customer_id or 0),
    "customer_locale": text("locale"),
    "display_financial_status": lambda order, call: order.financial_status.upper(),
    "display_fulfillment_status": lambda order, call: _FULFILLED[order.fulfillment_status],
    "email": text("email"),
    "fulfillable": lambda order, call: any(line.fulfillable for line in order.lines),
    "fulfillment_orders": lambda order, call, **page: fulfillment_orders_page(
        call, call.world.fulfillment_orders_of(order.id), **page
    ),
    "fulfillments": _fulfillments,
    "fully_paid": always(True),
    "line_items": lambda order, call, **window: lines_page(
        [Sold(order, line) for line in order.lines], window
    ),
    "payment_gateway_names": lambda order, call: [order.gateway],
    "phone": text("phone"),
    "presentment_currency_code": lambda order, call: call.world.shop.currency,
    "processed_at": lambda order, call: order.created_at,
    "requires_shipping": lambda order, call: any(line.requires_shipping for line in order.lines),
    "retail_location": lambda order, call: call.world.locations.get(order.location_id or 0),
    "shipping_address": lambda order, call: mailing_address(order.shipping_address, order.id),
    "shipping_lines": _shipping_lines,
    "source_identifier": always(None),
    "staff_member": lambda order, call: call.world.staff.get(order.user_id or 0),
    "status_page_url": lambda order, call: payloads.order_status_url(call.world, order),
    "suggested_refund": _suggested_refund,
    "subtotal_line_items_quantity": lambda order, call: sum(line.quantity for line in order.lines),
    "taxes_included": always(True),
    "test": always(False),
    "transactions": _transactions,
    "unpaid": always(False),
}

REFUND: dict[str, Reader] = {
    **identified("Refund"),
    "order": lambda refund, call: call.world.orders[refund.order_id],
    "total_refunded_set": in_money(lambda refund: refund.amount),
    "updated_at": lambda refund, call: refund.created_at,
}

SHIPPING_LINE: dict[str, Reader] = {
    "id": number("ShippingLine"),
    "is_removed": always(False),
    "original_price_set": in_money(lambda line: line.price),
    "source": always("shopify"),
}


def _of_line(name: str) -> Reader:
    return lambda sold, call: getattr(sold.line, name)


LINE_ITEM: dict[str, Reader] = {
    "id": lambda sold, call: gid("LineItem", sold.line.id),
    **{
        name: _of_line(name)
        for name in ("name", "quantity", "requires_shipping", "sku", "title", "variant_title")
    },
    "current_quantity": _of_line("current"),
    "custom_attributes": lambda sold, call: _attributes(sold.line.properties),
    "discounted_total_set": in_money(lambda sold: sold.line.unit_price * sold.line.quantity),
    "discounted_unit_price_set": in_money(lambda sold: sold.line.unit_price),
    "is_gift_card": always(False),
    "original_total_set": in_money(lambda sold: sold.line.price * sold.line.quantity),
    "original_unit_price_set": in_money(lambda sold: sold.line.price),
    "product": lambda sold, call: call.world.products.get(sold.line.product_id),
    "refundable_quantity": _of_line("current"),
    "selling_plan": always(None),
    "staff_member": lambda sold, call: call.world.staff.get(sold.line.staff_id or 0),
    "taxable": always(True),
    "unfulfilled_quantity": _of_line("fulfillable"),
    "variant": lambda sold, call: call.world.variants.get(sold.line.variant_id),
    "vendor": _of_line("vendor"),
}

STAFF: dict[str, Reader] = {
    "id": number("StaffMember"),
    "active": always(True),
    "exists": always(True),
    "is_shop_owner": lambda staff, call: staff.id == min(call.world.staff),
}
