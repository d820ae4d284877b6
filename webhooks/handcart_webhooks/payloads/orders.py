"""``orders/create``, ``orders/updated``, ``orders/cancelled``: one shape."""

from __future__ import annotations

from typing import Any

from msgspec.json import Decoder

from handcart.carts.sales import sale_token
from handcart.platform.port import Order, SoldLine

from .decoding import Count, Id, Moment, Record, Text, decoded


class _Property(Record):
    name: str
    value: Any = None


class _Line(Record):
    quantity: Count
    variant_id: Id | None = None
    properties: list[_Property] | None = None
    selling_plan_id: Id | None = None


class _Customer(Record):
    id: Id
    first_name: Text | None = None
    last_name: Text | None = None


class _Order(Record):
    id: Id
    name: Text
    updated_at: Moment
    token: Text | None = None
    cart_token: Text | None = None
    customer: _Customer | None = None
    cancelled_at: Moment | None = None
    cancel_reason: Text | None = None
    note_attributes: list[_Property] | None = None
    fulfillment_status: Text | None = None
    shipping_lines: list[Any] | None = None
    source_name: Text | None = None
    location_id: Id | None = None
    processed_at: Moment | None = None
    line_items: list[_Line] = []


_DECODER = Decoder(_Order)


def parse_order(body: bytes) -> Order:
    order: _Order = decoded(_DECODER, body)
    customer = order.customer
    return Order(
        order_id=order.id,
        name=order.name,
        token=order.token or "",
        cart_token=order.cart_token or sale_token(_texts(order.note_attributes)),
        customer_id=customer.id if customer else None,
        customer_name=_name(customer) if customer else "",
        updated_at=order.updated_at,
        cancelled_at=order.cancelled_at,
        cancel_reason=order.cancel_reason,
        fulfilled=order.fulfillment_status == "fulfilled",
        shipped=bool(order.shipping_lines),
        source=order.source_name or "",
        location_id=order.location_id,
        processed_at=order.processed_at,
        lines=tuple(_line(line, line.variant_id) for line in order.line_items if line.variant_id),
    )


def _name(customer: _Customer) -> str:
    names = (customer.first_name, customer.last_name)
    return " ".join(name for name in names if name)[:255]


def _line(line: _Line, variant_id: int) -> SoldLine:
    return SoldLine(
        variant_id=variant_id,
        quantity=line.quantity,
        properties=_texts(line.properties),
        selling_plan=line.selling_plan_id,
    )


def _texts(properties: list[_Property] | None) -> dict[str, str]:
    return {each.name: str(each.value or "") for each in properties or ()}
