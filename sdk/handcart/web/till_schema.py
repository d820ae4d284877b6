"""The shape of what a till sends, checked once, at the door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from ..carts.snapshot import SnapshotLine
from ..errors import BadInput
from .cart_schema import ItemSchema, storable

_MOST_LINES = 250
_SALE = validate.Regexp(r"^([0-9a-f]{32})?\Z")


class _Words(Schema):
    class Meta:
        unknown = EXCLUDE

    words = fields.String(required=True, validate=[validate.Length(max=100), storable])


class _Cart(Schema):
    class Meta:
        unknown = EXCLUDE

    code = fields.String(load_default="", validate=validate.Regexp(r"^[A-Za-z0-9_-]{0,64}\Z"))
    customer_id = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 2**63 - 1)
    )


class _Line(ItemSchema):
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1, 100_000))
    title = fields.String(load_default="", validate=[validate.Length(max=300), storable])


class _Basket(Schema):
    class Meta:
        unknown = EXCLUDE

    lines = fields.List(
        fields.Nested(_Line), required=True, validate=validate.Length(max=_MOST_LINES)
    )
    sale = fields.String(load_default="", allow_none=True, validate=_SALE)


_WORDS, _CART, _BASKET = _Words(), _Cart(), _Basket()


def read_words(body: bytes) -> str:
    words: str = _loaded(_WORDS, body)["words"]
    return words


def read_cart(body: bytes) -> tuple[str, int]:
    """A code, or else a customer's number; exactly one of them."""
    data = _loaded(_CART, body)
    code, customer_id = data["code"], data["customer_id"]
    if bool(code) == (customer_id is not None):
        raise BadInput("till_not_valid", "name a code or a customer")
    return code, customer_id or 0


def read_basket(body: bytes) -> tuple[list[SnapshotLine], list[str], str]:
    """The lines of the till's basket, what the till calls each, and the sale or nothing."""
    data = _loaded(_BASKET, body)
    lines = [_line(line) for line in data["lines"]]
    return lines, [line["title"] for line in data["lines"]], data["sale"] or ""


def _line(data: Mapping[str, Any]) -> SnapshotLine:
    return SnapshotLine(
        data["variant_id"], data["quantity"], data["properties"], data["selling_plan"]
    )


def _loaded(schema: Schema, body: bytes) -> Any:
    try:
        return schema.load(json.loads(body))
    except (ValidationError, ValueError, RecursionError) as error:
        raise BadInput("till_not_valid", "this is not what a till sends") from error
