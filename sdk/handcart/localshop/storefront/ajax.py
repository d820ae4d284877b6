"""The Ajax Cart API (shopify.dev, "Cart API reference"): JSON or form in, JSON out.

The same addresses without ``.js`` are what a theme's plain forms post to; they lead back to the
cart page. Sections, which are rendered by a theme's own Liquid, are refused with 501.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as Answer

from ..catalogue import find_product
from ..site import here, local_path
from ..world import Cart
from . import carts, session
from .cart_json import cart_json, item_json, product_json
from .carts import CartRefused, Change, Item
from .nested import nested

blueprint = Blueprint("ajax", __name__)
blueprint.after_request(session.remember_cart)


@blueprint.errorhandler(CartRefused)
def refused(error: CartRefused) -> Answer:
    if _wants_json():
        return _with_status(jsonify(error.body), error.status)
    return redirect(f"/cart?problem={error.description}", 303)


@blueprint.get("/cart.js")
@blueprint.get("/cart.json")
def read() -> Answer:
    return _shown(session.cart_or_new())


@blueprint.get("/products/<handle>.js")
def product(handle: str) -> Answer:
    with here().world.lock:
        found = find_product(here().world, handle)
        if found is None:
            return _with_status(jsonify({"status": 404, "message": "Not Found"}), 404)
        return jsonify(product_json(here().world, found))


@blueprint.post("/cart/add.js")
@blueprint.post("/cart/add")
def add() -> Answer:
    body = _body()
    wanted = body.get("items")
    items = [_item(each) for each in wanted] if isinstance(wanted, list) else [_item(body)]
    world, cart = here().world, session.cart_or_new()
    with world.lock:
        lines = carts.add(world, cart, items)
        added = [item_json(world, line) for line in lines]
    if not _wants_json():
        return redirect(local_path(str(body.get("return_to", "")), "/cart"), 303)
    return jsonify({"items": added} if isinstance(wanted, list) else added[0])


@blueprint.post("/cart")
@blueprint.post("/cart/update.js")
@blueprint.post("/cart/update")
def update() -> Answer:
    body = _body()
    attributes = body.get("attributes")
    updates = body.get("updates", ())

    def change(cart: Cart) -> None:
        carts.update(
            here().world,
            cart,
            updates=_quantities(updates),
            note=None if body.get("note") is None else str(body["note"]),
            attributes=_texts(attributes) if isinstance(attributes, Mapping) else None,
        )

    answer = _changed(change)
    return redirect("/checkout", 303) if "checkout" in body and not _wants_json() else answer


@blueprint.route("/cart/change.js", methods=["POST"])
@blueprint.route("/cart/change", methods=["GET", "POST"])
def change() -> Answer:
    body = _body() or nested(request.args.items(multi=True))

    def one(cart: Cart) -> None:
        carts.change(here().world, cart, _named(cart, body), _change(body))

    return _changed(one)


@blueprint.post("/cart/clear.js")
@blueprint.route("/cart/clear", methods=["GET", "POST"])
def clear() -> Answer:
    return _changed(lambda cart: carts.clear(here().world, cart))


def _changed(change: Callable[[Cart], None]) -> Answer:
    cart = session.cart_or_new()
    with here().world.lock:
        change(cart)
    return _shown(cart) if _wants_json() else redirect("/cart", 303)


def _shown(cart: Cart) -> Response:
    with here().world.lock:
        response = jsonify(cart_json(here().world, cart))
    response.headers["Cache-Control"] = "no-store"
    return response


def _with_status(response: Response, status: int) -> Response:
    response.status_code = status
    return response


def _wants_json() -> bool:
    if request.path.endswith((".js", ".json")):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    asked = best == "application/json" and "application/json" in str(request.accept_mimetypes)
    return asked or request.headers.get("X-Requested-With") == "XMLHttpRequest"


def _body() -> dict[str, Any]:
    body = _parsed()
    if body.get("sections"):
        raise CartRefused(501, "Not Implemented", "The local shop does not render sections.")
    return body


def _parsed() -> dict[str, Any]:
    if request.mimetype != "application/json":
        return nested(request.form.items(multi=True))
    try:
        body = request.get_json()
    except BadRequest:
        raise CartRefused(400, "Bad Request", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise CartRefused(400, "Bad Request", "The body is not a JSON object.")
    return body


def _item(entry: Any) -> Item:
    if not isinstance(entry, Mapping) or entry.get("id") in (None, ""):
        raise CartRefused(
            400, "Parameter Missing or Invalid", "Required parameter missing or invalid: items"
        )
    properties = entry.get("properties")
    return Item(
        variant_id=_number(str(entry["id"]).partition(":")[0], "id"),
        quantity=_number(entry.get("quantity", 1), "quantity"),
        properties=_properties(properties),
        selling_plan=_optional(entry.get("selling_plan"), "selling_plan"),
    )


def _named(cart: Cart, body: Mapping[str, Any]) -> str:
    """The line's key or variant: from ``id``, else from ``line``, counted from 1."""
    if body.get("id") not in (None, ""):
        return str(body["id"])
    if body.get("line") in (None, ""):
        raise carts.no_such_line()
    return carts.name_of(cart, _number(body["line"], "line"))


def _change(body: Mapping[str, Any]) -> Change:
    return Change(
        quantity=_optional(body.get("quantity"), "quantity"),
        properties=_properties(body["properties"]) if "properties" in body else None,
        selling_plan=_optional(body.get("selling_plan"), "selling_plan"),
    )


def _quantities(updates: Any) -> Mapping[str, int] | list[int]:
    if isinstance(updates, Mapping):
        return {str(name): _number(value, "updates") for name, value in updates.items()}
    if isinstance(updates, list | tuple):
        return [_number(value, "updates") for value in updates]
    raise CartRefused(400, "Bad Request", "updates is a list or an object.")


def _properties(value: Any) -> dict[str, str]:
    """Empty properties are dropped, as the platform does with an empty field of a form."""
    if not isinstance(value, Mapping):
        return {}
    return {str(name): str(text) for name, text in value.items() if text not in (None, "")}


def _texts(value: Mapping[str, Any]) -> dict[str, str | None]:
    return {str(name): None if text is None else str(text) for name, text in value.items()}


def _optional(value: Any, name: str) -> int | None:
    return None if value in (None, "") else _number(value, name)


def _number(value: Any, name: str) -> int:
    """A whole number, written as one or as text; at most 18 digits."""
    text = str(value).strip()
    digits = text.removeprefix("-")
    if isinstance(value, bool | float) or not (digits.isascii() and digits.isdigit()):
        raise CartRefused(
            400, "Parameter Missing or Invalid", f"Required parameter missing or invalid: {name}"
        )
    return int(text[:19])
