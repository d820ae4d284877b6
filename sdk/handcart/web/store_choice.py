"""The doors of the store chooser: which stores there are for a cart, and which one it is to be."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from ..carts import service as carts
from ..errors import BadInput
from ..pickups import choosing, nearby
from ..pickups.choosing import Choice, Wanted
from ..pickups.nearby import Sought
from ..shoppers import chosen, merged
from ..stock import service as stock
from . import handcart
from .proxy import ProxyRequest, proxied
from .reservation import ID, WantedLine, hold_of

blueprint = Blueprint("store_choice", __name__)


class _Near(Schema):
    latitude = fields.Float(required=True, allow_nan=False)
    longitude = fields.Float(required=True, allow_nan=False)


class _Asked(Schema):
    """What is to be collected, and what the shopper said of where."""

    class Meta:
        unknown = EXCLUDE

    lines = fields.List(
        fields.Nested(WantedLine), required=True, validate=validate.Length(min=1, max=250)
    )
    near = fields.Nested(_Near, load_default=None, allow_none=True)
    find = fields.String(load_default="", validate=validate.Length(max=80))
    cart = fields.String(load_default="", validate=validate.Length(max=255))
    chosen = fields.Integer(load_default=None, allow_none=True, strict=True, validate=ID)


class _Chosen(Schema):
    class Meta:
        unknown = EXCLUDE

    location_id = fields.Integer(required=True, strict=True, validate=ID)


@blueprint.post("/proxy/stores")
@proxied
def stores(asked: ProxyRequest) -> Response:
    """``{"chosen": ID or null, "stores": […]}``; moments in UTC, ISO 8601, and the store's zone.

    A customer's own choice counts before the one that the browser sends, and what is kept for its
    ``cart`` is there for it. It is asked with POST so
    that where somebody is stands in no address, and so in no log.
    """
    data, app = _read(_Asked(), asked), handcart()
    lines = [(line["variant_id"], line["quantity"]) for line in data["lines"]]
    near = nearby.point(**data["near"]) if data["near"] else None
    at = app.clock()
    with app.db.reading() as view:
        own = _choice_of(view, asked) or data["chosen"]
        wanted = Wanted(lines, _hold_of(view, asked.shop, data["cart"]))
        sought = Sought(near, data["find"], own)
        found = choosing.stores_for(view, asked.shop, wanted, sought, at=at)
    return jsonify(chosen=own, stores=[_store(one, at) for one in found])


@blueprint.post("/proxy/stores/choice")
@proxied
def choose(asked: ProxyRequest) -> Response:
    """``{"kept": true}`` when the customer's other devices will know it; a guest's browser keeps
    it by itself.
    """
    location_id = _read(_Chosen(), asked)["location_id"]
    app = handcart()
    with app.db.writing() as work:
        stock.place(work, asked.shop, location_id)
        if asked.customer_id is not None:
            customer_id = merged.known_as(work, asked.shop, asked.customer_id)
            chosen.choose(work, asked.shop, customer_id, location_id=location_id, at=app.clock())
    return jsonify(kept=asked.customer_id is not None)


def _choice_of(view: Any, asked: ProxyRequest) -> int | None:
    if asked.customer_id is None:
        return None
    customer_id = merged.known_as(view, asked.shop, asked.customer_id)
    return chosen.of_customer(view, asked.shop, customer_id)


def _hold_of(view: Any, shop: str, cart: str) -> str:
    return hold_of(view, shop, cart) if cart and carts.is_reported(view, shop, cart) else ""


def _store(one: Choice, at: datetime) -> dict[str, Any]:
    return {
        "location_id": one.place.location_id,
        "name": one.place.name,
        "address": one.place.address,
        "kilometres": None if one.kilometres is None else round(one.kilometres, 1),
        "available": one.available,
        "missing": [{"variant_id": each, "units": units} for each, units in one.missing.items()],
        "earliest": _moment(one, one.earliest, at) if one.earliest else None,
        "slots": [_moment(one, slot, at) for slot in one.slots],
        "slot_minutes": round(one.slot_length.total_seconds() / 60),
        "zone": one.zone.key,
        "today": [[begin.isoformat(), end.isoformat()] for begin, end in one.today],
    }


def _moment(one: Choice, moment: datetime, at: datetime) -> dict[str, Any]:
    """``in_days`` is counted here: a browser's clock may be wrong."""
    return {"at": moment.isoformat(), "in_days": one.in_days(moment, at=at)}


def _read(schema: Schema, asked: ProxyRequest) -> dict[str, Any]:
    try:
        data: dict[str, Any] = schema.load(json.loads(asked.body))
    except (ValueError, RecursionError, ValidationError) as error:
        raise BadInput("stores_not_valid", str(error)) from None
    return data
