"""What of a product can be fetched where: asked by the storefront, answered from our mirror."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from ..errors import BadInput
from ..stock import Availability, service
from . import handcart
from .proxy import ProxyRequest, proxied

blueprint = Blueprint("stock", __name__)
_MOST_DIGITS = 18


@blueprint.get("/proxy/stock")
@proxied
def stock(asked: ProxyRequest) -> Response:
    """``?variant=ID`` → ``{"variant_id": …, "locations": [{location_id, name, available, …}]}``."""
    variant_id = _variant_id(asked.params.get("variant", ""))
    with handcart().db.reading() as view:
        found = service.available(view, asked.shop, variant_id)
    return jsonify(variant_id=variant_id, locations=[_location(one) for one in found])


def _variant_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise BadInput("variant_malformed", "variant is the number of a variant")
    return int(text)


def _location(one: Availability) -> dict[str, object]:
    return {
        "location_id": one.place.location_id,
        "name": one.place.name,
        "available": one.available,
        "opening_hours": one.place.opening_hours,
    }
