"""What of a product can be fetched where and when: asked by the storefront, answered by us."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from ..errors import BadInput
from ..pickups import planning
from ..stock import Availability, service
from . import handcart
from .proxy import ProxyRequest, proxied

blueprint = Blueprint("stock", __name__)
_MOST_DIGITS = 18


@blueprint.get("/proxy/stock")
@proxied
def stock(asked: ProxyRequest) -> Response:
    """``?variant=ID`` → ``{"variant_id": …, "locations": [{location_id, name, available, …}]}``.

    ``available`` is what can still be promised: less what is held, and what the merchant keeps
    back. ``from_elsewhere`` more could be brought there, later.
    """
    variant_id = _number(asked.params.get("variant", ""), "variant")
    app = handcart()
    with app.db.reading() as view:
        found = service.available(view, asked.shop, variant_id, at=app.clock())
    return jsonify(variant_id=variant_id, locations=[_location(one) for one in found])


@blueprint.get("/proxy/slots")
@proxied
def slots(asked: ProxyRequest) -> Response:
    """``?location=ID`` → ``{"location_id", "earliest", "slots"}``: moments in UTC, ISO 8601.

    ``earliest`` is when an order placed now could be collected, null when nobody can say; with
    ``&variant=ID`` it is an order of that, which may take longer than others.
    """
    location_id = _number(asked.params.get("location", ""), "location")
    variant = asked.params.get("variant")
    variants = () if variant is None else (_number(variant, "variant"),)
    app = handcart()
    with app.db.reading() as view:
        offered = planning.offer(view, asked.shop, location_id, at=app.clock(), variants=variants)
    return jsonify(
        location_id=location_id,
        earliest=offered.earliest.isoformat() if offered.earliest else None,
        slots=[slot.isoformat() for slot in offered.slots],
    )


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise BadInput(f"{name}_malformed", f"{name} is a number")
    return int(text)


def _location(one: Availability) -> dict[str, object]:
    return {
        "location_id": one.place.location_id,
        "name": one.place.name,
        "available": one.available,
        "from_elsewhere": one.from_elsewhere,
        "opening_hours": one.place.opening_hours,
    }
