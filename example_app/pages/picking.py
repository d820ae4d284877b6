"""The pick list: what to fetch for all orders of a store in one round, on paper or on a phone."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template
from flask.typing import ResponseReturnValue

from handcart.errors import HandcartError
from handcart.pickups import acts, picking, queries
from handcart.stock import service as stock
from handcart.web import handcart
from handcart.web.embedded import merchant_required

from .addresses import merchant_url
from .looking import look

blueprint = Blueprint("picking", __name__)


@blueprint.get("/counter/<int:location_id>/pick-list")
@merchant_required
def pick_list(location_id: int) -> ResponseReturnValue:
    look(g.merchant.shop)
    with handcart().db.reading() as view:
        place = stock.place(view, g.merchant.shop, location_id)
        waiting = queries.to_prepare(view, g.merchant.shop, location_id)
    return render_template(
        "pick_list.html",
        place=place,
        items=picking.items_to_pick(waiting),
        orders=len(waiting),
        unbegun=len(picking.unbegun(waiting)),
    )


@blueprint.post("/counter/<int:location_id>/pick-list")
@merchant_required
def begin(location_id: int) -> ResponseReturnValue:
    """Whoever tapped prepares all orders that nobody has begun."""
    app, by = handcart(), g.merchant.acting()
    with app.db.reading() as view:
        waiting = picking.unbegun(queries.to_prepare(view, g.merchant.shop, location_id))
    for pickup in waiting:
        try:
            with app.db.writing() as work:
                acts.start_picking(work, g.merchant.shop, pickup.pickup_id, by=by, at=app.clock())
        except HandcartError:
            continue  # a colleague was faster, or it was cancelled meanwhile
    return redirect(merchant_url("picking.pick_list", location_id=location_id), 303)
