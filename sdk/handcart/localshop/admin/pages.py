"""Orders and stock as the merchant sees them."""

from __future__ import annotations

import re
from decimal import Decimal

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from .. import fulfilment, inventory, orders, products
from ..catalogue import full_title
from ..refusals import Refused
from ..site import here, local_path
from ..world import Order
from . import staff

blueprint = Blueprint("admin", __name__, template_folder="templates")
_OPEN = ("OPEN", "IN_PROGRESS")


@blueprint.get("/admin")
@blueprint.get("/admin/")
def home() -> str:
    world = here().world
    with world.lock:
        newest = sorted(world.orders.values(), key=lambda each: -each.number)[:50]
        return _page("home", orders=newest, places=inventory.active(world), stock=_stock())


@blueprint.get("/admin/orders/<int:order_id>")
def order(order_id: int) -> str:
    with here().world.lock:
        return _order_page(_known(order_id))


@blueprint.post("/admin/orders/<int:order_id>/fulfil")
def fulfil(order_id: int) -> Response | tuple[str, int]:
    """Hand over everything of this order that is still here."""
    world = here().world
    with world.action():
        for each in world.fulfillment_orders_of(_known(order_id).id):
            if each.status in _OPEN:
                fulfilment.fulfil(world, each.id)
    return redirect(f"/admin/orders/{order_id}", 303)


@blueprint.post("/admin/orders/<int:order_id>/cancel")
def cancel(order_id: int) -> Response | tuple[str, int]:
    found = _known(order_id)
    try:
        orders.cancel(
            here().world,
            found.id,
            reason=request.form.get("reason", "customer"),
            restock="restock" in request.form,
            by=staff.signed_in().id,
        )
    except Refused as error:
        with here().world.lock:
            return _order_page(found, problem=error.message), 409
    return redirect(f"/admin/orders/{order_id}", 303)


@blueprint.post("/admin/stock")
def set_stock() -> Response:
    """Set what is available of one item at one location."""
    numbers = [request.form.get(name, type=int) for name in ("item", "location", "available")]
    item_id, location_id, quantity = numbers
    if item_id is None or location_id is None or quantity is None:
        abort(400)
    inventory.set_quantity(here().world, item_id, location_id, quantity)
    return redirect("/admin#stock", 303)


@blueprint.post("/admin/prices")
def set_price() -> Response:
    """A variant costs something else from now on; ``price`` is a decimal."""
    variant_id, price = request.form.get("variant", type=int), _price(request.form.get("price", ""))
    if variant_id not in here().world.variants or price is None:
        abort(400)
    products.change_price(here().world, variant_id, price)
    return redirect("/admin#prices", 303)


@blueprint.post("/admin/staff")
def choose_staff() -> Response:
    response = redirect(local_path(request.form.get("back", ""), "/admin"), 303)
    response.set_cookie(staff.COOKIE, request.form.get("staff", ""), samesite="Lax", httponly=True)
    return response


def _price(text: str) -> int | None:
    """``12.50`` in minor units; None for what is no price."""
    if re.fullmatch(r"[0-9]{1,6}([.][0-9]{1,2})?", text) is None:
        return None
    return int(Decimal(text) * 100)


def _known(order_id: int) -> Order:
    found = here().world.orders.get(order_id)
    if found is None:
        abort(404)
    return found


def _order_page(found: Order, *, problem: str = "") -> str:
    world = here().world
    parts = world.fulfillment_orders_of(found.id)
    return _page(
        "order",
        order=found,
        problem=problem,
        parts=parts,
        places=world.locations,
        buyer=world.customers.get(found.customer_id or 0),
        waits=any(each.status in _OPEN for each in parts),
    )


def _page(name: str, **values: object) -> str:
    shop = here()
    return render_template(
        f"admin/{name}.html",
        shop=shop.world.shop,
        app=shop.app,
        installed=shop.app.client_id in shop.world.grants,
        staff=staff.signed_in(),
        people=shop.world.staff.values(),
        **values,
    )


def _stock() -> list[dict[str, object]]:
    world = here().world
    return [
        {
            "title": full_title(world, variant),
            "variant_id": variant.id,
            "price": variant.price,
            "sku": variant.sku,
            "levels": [
                world.level(variant.inventory_item_id, place.id)
                for place in inventory.active(world)
            ],
        }
        for variant in world.variants.values()
    ]
