"""What the counter prints: a slip to fetch the goods by, and a label for their bag."""

from __future__ import annotations

import segno
from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from handcart.pickups import queries
from handcart.stock import service as stock
from handcart.web import handcart
from handcart.web.embedded import merchant_required

from .looking import look

blueprint = Blueprint("printing", __name__)


@blueprint.get("/counter/pickups/<pickup_id>/slip")
@merchant_required
def slip(pickup_id: str) -> ResponseReturnValue:
    """The pick slip, to be printed."""
    return _printed("slip.html", pickup_id)


@blueprint.get("/counter/pickups/<pickup_id>/label")
@merchant_required
def label(pickup_id: str) -> ResponseReturnValue:
    """The label for the bag; a scan of it finds the order, and hands nothing over."""
    return _printed("label.html", pickup_id)


def _printed(template: str, pickup_id: str) -> str:
    look(g.merchant.shop)
    with handcart().db.reading() as view:
        pickup = queries.get(view, g.merchant.shop, pickup_id)
        place = stock.place(view, g.merchant.shop, pickup.location_id)
    mark = segno.make(pickup.order_name, error="m", micro=False)
    picture = mark.svg_data_uri(scale=3, border=1, light="#fff")
    return render_template(template, pickup=pickup, place=place, picture=picture)
