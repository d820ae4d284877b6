"""``carts/create`` and ``carts/update``: what one browser's cart holds, and nothing of whose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import fields, post_load, validate

from handcart.carts.model import SnapshotLine

from .schema import Payload, load, moment, positive


@dataclass(frozen=True, slots=True)
class CartSnapshot:
    token: str
    updated_at: datetime
    lines: tuple[SnapshotLine, ...]


class _Line(Payload):
    variant_id = positive(required=True)
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(min=0))
    properties = fields.Dict(load_default=dict, allow_none=True)


class _Cart(Payload):
    token = fields.String(required=True, validate=validate.Length(min=1, max=200))
    updated_at = moment(required=True)
    line_items = fields.List(fields.Nested(_Line), required=True)

    @post_load
    def _build(self, data: Mapping[str, Any], **_: Any) -> CartSnapshot:
        return CartSnapshot(
            token=data["token"],
            updated_at=data["updated_at"],
            lines=tuple(_line(line) for line in data["line_items"]),
        )


def _line(line: Mapping[str, Any]) -> SnapshotLine:
    properties = {str(name): str(value) for name, value in (line["properties"] or {}).items()}
    return SnapshotLine(
        variant_id=line["variant_id"],
        quantity=line["quantity"],
        properties=properties,
        selling_plan=None,
    )


_CART = _Cart()


def parse_cart(body: bytes) -> CartSnapshot:
    cart: CartSnapshot = load(_CART, body)
    return cart
