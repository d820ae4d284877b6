"""The door of a checkout that begins: its goods and its slot are kept, both or neither."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, jsonify
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from ..carts import service as carts
from ..carts.sighting import split_token
from ..errors import BadInput, RuleBroken
from ..pickups import checkout
from ..pickups.checkout import Basket
from ..stock.holds import of_cart
from . import handcart
from .proxy import ProxyRequest, proxied

blueprint = Blueprint("reservation", __name__)
ID = validate.Range(min=1, max=2**63 - 1)


class WantedLine(Schema):
    """So many units of a variant."""

    class Meta:
        unknown = EXCLUDE

    variant_id = fields.Integer(required=True, strict=True, validate=ID)
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1, 100_000))


class _Asked(Schema):
    """A cart that is about to be paid for: ``slot`` in ISO 8601 with its offset, or null."""

    class Meta:
        unknown = EXCLUDE

    cart = fields.String(required=True, validate=validate.Length(min=1, max=255))
    location_id = fields.Integer(required=True, strict=True, validate=ID)
    slot = fields.AwareDateTime(load_default=None, allow_none=True)
    lines = fields.List(
        fields.Nested(WantedLine), required=True, validate=validate.Length(min=1, max=250)
    )


class _Left(Schema):
    class Meta:
        unknown = EXCLUDE

    cart = fields.String(required=True, validate=validate.Length(min=1, max=255))


@blueprint.post("/proxy/reservation")
@proxied
def reserve(asked: ProxyRequest) -> Response:
    """``{"held": true}``, or an error with its code; asked again, for what is asked now.

    Nothing says until when: shoppers are not put under pressure.
    """
    data = _read(_Asked(), asked)
    lines = [(line["variant_id"], line["quantity"]) for line in data["lines"]]
    basket = Basket(data["location_id"], lines, data["slot"])
    app = handcart()
    with app.db.writing() as work:
        hold_id = hold_of(work, asked.shop, data["cart"])
        checkout.reserve(work, asked.shop, hold_id, basket, at=app.clock())
    return jsonify(held=True)


@blueprint.post("/proxy/reservation/end")
@proxied
def let_go(asked: ProxyRequest) -> Response:
    """The shopper went back: others may have it; ``{"held": false}``."""
    data = _read(_Left(), asked)
    app = handcart()
    with app.db.writing() as work:
        hold_id = hold_of(work, asked.shop, data["cart"])
        checkout.release(work, asked.shop, hold_id, at=app.clock())
    return jsonify(held=False)


def hold_of(work: Any, shop: str, cart: str) -> str:
    """Only a cart that its browser has reported holds anything, so that none is made up."""
    if not carts.is_reported(work, shop, cart):
        raise RuleBroken("report_first", "this cart has not been reported")
    return of_cart(split_token(cart)[0])


def _read(schema: Schema, asked: ProxyRequest) -> dict[str, Any]:
    try:
        body = json.loads(asked.body)
    except (ValueError, RecursionError):
        raise BadInput("body_not_json", "the body is not JSON") from None
    try:
        data: dict[str, Any] = schema.load(body)
    except ValidationError as error:
        raise BadInput("reservation_not_valid", str(error)) from None
    return data
