"""The shop window: list, product, cart, pictures and the files of the app's theme extension."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request, send_from_directory

from ..catalogue import find_product, has_only_default_variant, on_sale, variants_of
from ..inventory import available
from ..site import here
from ..world import Product
from . import session
from .art import picture
from .cart_json import cart_json
from .layout import page

blueprint = Blueprint("shop", __name__, template_folder="templates")
blueprint.after_request(session.remember_cart)


@blueprint.get("/")
@blueprint.get("/collections/all")
def home() -> str:
    with here().world.lock:
        return page("home", "index", cards=[_card(each) for each in on_sale(here().world)])


@blueprint.get("/products/<handle>")
def product(handle: str) -> str:
    world = here().world
    with world.lock:
        found = find_product(world, handle)
        if found is None:
            abort(404)
        choices = [(one, available(world, one.id)) for one in variants_of(world, found)]
        wanted = request.args.get("variant", type=int)
        in_stock = next((one.id for one, left in choices if left), choices[0][0].id)
        chosen = wanted if wanted in {one.id for one, _ in choices} else in_stock
        return page(
            "product",
            "product",
            product=found,
            choices=choices,
            chosen=chosen,
            only=has_only_default_variant(world, found),
        )


@blueprint.get("/cart")
def cart() -> str:
    with here().world.lock:
        found = session.cart()
        shown = cart_json(here().world, found) if found else None
        return page("cart", "cart", cart=shown, problem=request.args.get("problem", ""))


@blueprint.get("/cdn/products/<handle>.svg")
def product_picture(handle: str) -> Response:
    with here().world.lock:
        found = find_product(here().world, handle)
        if found is None:
            abort(404)
        drawn = picture(found.handle, found.product_type, seed=here().world.seed)
    response = Response(drawn, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@blueprint.get("/cdn/extensions/<handle>/assets/<path:name>")
def extension_asset(handle: str, name: str) -> Response:
    folder = here().theme.assets
    if folder is None or handle != here().app.handle:
        abort(404)
    return send_from_directory(folder, name, max_age=0)


def _card(product: Product) -> dict[str, object]:
    world = here().world
    variants = variants_of(world, product)
    return {
        "product": product,
        "from_price": min(one.price for one in variants),
        "varies": len({one.price for one in variants}) > 1,
        "sold_out": not any(available(world, one.id) for one in variants),
    }
