"""The doors of the till: staff look a shopper up, take their cart, and pass on what they began.

For an extension of the till; who is at it is proved by its session token. Any other till of the
shop's own can do the same with an ID token of the app.
"""

from __future__ import annotations

from typing import Any

import segno
from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from ..carts import assisting, handing_over
from ..carts.assisting import LINK_GOOD_FOR, Basket
from ..carts.goods import Known
from ..carts.line import Line, item_to_json
from ..carts.sales import ATTRIBUTE
from ..carts.snapshot import Snapshot
from ..errors import RuleBroken, StaleWrite
from ..platform.port import FoundCustomer
from . import handcart
from .extensions import staff_required
from .plan_required import open_without_plan
from .till_schema import read_basket, read_cart, read_words

blueprint = Blueprint("till", __name__)


@blueprint.post("/till/customers")
@staff_required
@open_without_plan  # it reads
def customers() -> ResponseReturnValue:
    """``{"words": "mira petrova"}`` → the customers whose name, e-mail or phone number fits."""
    found = handcart().platform(g.merchant.shop).customers(read_words(request.get_data()))
    return jsonify(customers=[_customer(one) for one in found])


@blueprint.post("/till/cart")
@staff_required
def cart() -> ResponseReturnValue:
    """``{"code": …}`` or ``{"customer_id": …}`` → the lines to ring up, and the sale's name.

    The till puts ``attributes`` into its own cart; the order brings them back.
    """
    code, customer_id = read_cart(request.get_data())
    app, shop = handcart(), g.merchant.shop
    try:
        with app.db.writing() as work:
            if code:
                found = handing_over.shown_to_staff(
                    work, shop, code, staff=_staff(), at=app.clock()
                )
            else:
                found = assisting.cart_of_customer(work, shop, customer_id)
            basket = assisting.fill(work, shop, found, at=app.clock())
    except StaleWrite:
        raise RuleBroken("handoff_busy", "somebody else was first; ask again") from None
    return jsonify(_basket(basket))


@blueprint.post("/till/phone")
@staff_required
def phone() -> ResponseReturnValue:
    """``{"lines": […]}`` → a link to them, as text and as a QR code, good for half an hour.

    With the ``sale`` that a shopper's cart began, what changed is changed in that cart instead:
    it is on the phone already.
    """
    lines, goods, sale = read_basket(request.get_data())
    app, shop = handcart(), g.merchant.shop
    with app.db.writing() as work:
        if sale:
            assisting.put_back(work, shop, sale, lines, by=_staff(), at=app.clock())
            return jsonify(kept=True)
        looks = _looks(Snapshot.of(lines), goods)
        made = assisting.pass_on(work, shop, lines, goods=looks, by=_staff(), at=app.clock())
    link = f"{app.settings.platform_for(shop)}/#handcart={made.secret}"
    return jsonify(
        kept=False,
        link=link,
        qr=segno.make(link, error="m").png_data_uri(scale=6, border=2),
        seconds=int(LINK_GOOD_FOR.total_seconds()),
    )


def _staff() -> str:
    return f"staff:{g.merchant.user_id}"


def _looks(begun: Snapshot, titles: list[str]) -> Known:
    """What the till calls its lines; what they cost the shopper's own browser will say."""
    shown = zip(begun.keys, titles, strict=True)
    return {key: {"title": title, "url": "", "image": ""} for key, title in shown if title}


def _basket(basket: Basket) -> dict[str, Any]:
    owner = basket.cart.owner.partition(":")
    return {
        "sale": basket.sale,
        "attributes": {ATTRIBUTE: basket.sale},
        "customer_id": int(owner[2]) if owner[0] == "customer" else None,
        "lines": [_line(basket, line) for line in basket.cart.cart.shown()],
    }


def _line(basket: Basket, line: Line) -> dict[str, Any]:
    known = basket.cart.goods.get(line.item.key, {})
    title = known.get("title") or ""
    return {**item_to_json(line.item), "quantity": line.quantity, "title": title}


def _customer(one: FoundCustomer) -> dict[str, Any]:
    return {"id": one.customer_id, "name": one.name, "email": one.email, "phone": one.phone}
