"""``orders/create``, ``orders/updated``, ``orders/cancelled``: one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, post_load

from handcart.platform.port import Order, SoldLine

from .schema import Payload, load, moment, positive


class _Property(Payload):
    name = fields.String(required=True)
    value = fields.Raw(load_default=None, allow_none=True)


class _Line(Payload):
    variant_id = positive(load_default=None, allow_none=True)
    quantity = fields.Integer(required=True, strict=True)
    properties = fields.List(fields.Nested(_Property), load_default=list, allow_none=True)
    selling_plan_id = positive(load_default=None, allow_none=True)


class _Customer(Payload):
    id = positive(required=True)
    first_name = fields.String(load_default=None, allow_none=True)
    last_name = fields.String(load_default=None, allow_none=True)


class _Order(Payload):
    id = positive(required=True)
    name = fields.String(required=True)
    token = fields.String(load_default="", allow_none=True)
    cart_token = fields.String(load_default=None, allow_none=True)
    customer = fields.Nested(_Customer, load_default=None, allow_none=True)
    updated_at = moment(required=True)
    cancelled_at = moment(load_default=None, allow_none=True)
    fulfillment_status = fields.String(load_default=None, allow_none=True)
    shipping_lines = fields.List(fields.Raw(), load_default=list, allow_none=True)
    line_items = fields.List(fields.Nested(_Line), load_default=list)

    @post_load
    def _build(self, data: Mapping[str, Any], **_: Any) -> Order:
        customer = data["customer"] or {}
        names = (customer.get("first_name"), customer.get("last_name"))
        return Order(
            order_id=data["id"],
            name=data["name"],
            token=data["token"] or "",
            cart_token=data["cart_token"],
            customer_id=customer.get("id"),
            customer_name=" ".join(name for name in names if name),
            updated_at=data["updated_at"],
            cancelled_at=data["cancelled_at"],
            fulfilled=data["fulfillment_status"] == "fulfilled",
            shipped=bool(data["shipping_lines"]),
            lines=tuple(_line(line) for line in data["line_items"] if line["variant_id"]),
        )


def _line(line: Mapping[str, Any]) -> SoldLine:
    properties = {entry["name"]: str(entry["value"] or "") for entry in line["properties"] or ()}
    return SoldLine(
        variant_id=line["variant_id"],
        quantity=line["quantity"],
        properties=properties,
        selling_plan=line["selling_plan_id"],
    )


_ORDER = _Order()


def parse_order(body: bytes) -> Order:
    order: Order = load(_ORDER, body)
    return order
