"""The till's page and what it asks of the shop: products, customers, a sale, a session token.

The basket lives in the page alone, as a live cart on the platform's till does: no webhook and no
API sees it before it is paid. With the token the page asks the app, as an extension of the
platform's till would.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, jsonify, redirect, render_template, request
from itsdangerous import BadSignature
from werkzeug.wrappers import Response

from ...errors import BadInput, Denied, NotFound
from .. import inventory, orders
from ..catalogue import full_title, search
from ..site import here, money
from ..tokens import mint_id_token
from ..world import Customer, Location, OrderLine, Staff

blueprint = Blueprint(
    "till",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/_local/till",
)
COOKIE = "_till"


@blueprint.get("/pos")
@blueprint.get("/pos/")
def till() -> str:
    with here().world.lock:
        place, person = _signed_in()
        if place is None or person is None:
            return _sign_in_page()
        return render_template(
            "till/till.html",
            shop=here().world.shop,
            place=place,
            staff=person,
            products=_products(place.id),
            app_url=here().app.app_url if _app_is_installed() else "",
        )


@blueprint.get("/pos/session-token.json")
def session_token() -> Response:
    """What ``shopify.session.getSessionToken()`` gives an extension: who is signed in here."""
    with here().world.lock:
        _, person = _working({})
        if not _app_is_installed():
            raise NotFound("app_not_installed", "the shop has not installed the app")
        token = mint_id_token(here().world, here().app, person.id, datetime.now(UTC))
    return jsonify(token=token)


@blueprint.post("/pos/sign-in")
def sign_in() -> Response | tuple[str, int]:
    with here().world.lock:
        place = _place(request.form.get("location", ""))
        person = _by_pin(request.form.get("pin", ""))
        if place is None or person is None:
            return _sign_in_page(problem="This PIN is not known here."), 401
    response = redirect("/pos", 303)
    signed = here().signer.dumps({"staff": person.id, "location": place.id})
    assert isinstance(signed, str)
    response.set_cookie(COOKIE, signed, httponly=True, samesite="Lax", path="/pos")
    return response


@blueprint.post("/pos/sign-out")
def sign_out() -> Response:
    response = redirect("/pos", 303)
    response.delete_cookie(COOKIE, path="/pos")
    return response


@blueprint.get("/pos/products.json")
def products() -> Response:
    """Every variant with what is there at the till's location; ``q`` narrows it down."""
    with here().world.lock:
        place, _ = _working({})
        return jsonify(products=_products(place.id, request.args.get("q", "")))


@blueprint.get("/pos/customers.json")
def customers() -> Response:
    """Customers whose email, phone or name holds every word of ``q``, at most eight."""
    words = request.args.get("q", "").lower().split()
    with here().world.lock:
        _working({})
        found = [one for one in here().world.customers.values() if words and _fits(one, words)]
        return jsonify(customers=[_customer_json(one) for one in found[:8]])


@blueprint.post("/pos/sales")
def sell() -> tuple[Response, int]:
    """Sell ``lines`` now. A program without the cookie gives ``location_id`` and ``pin``."""
    body = request.get_json(silent=True)
    if not isinstance(body, Mapping):
        raise BadInput("not_json", "a sale is a JSON object")
    world = here().world
    with world.lock:
        place, person = _working(body)
        order = orders.sell_in_store(
            world,
            lines=_lines(body.get("lines")),
            location_id=place.id,
            staff_id=person.id,
            customer_id=_customer_id(body.get("customer_id")),
            note_attributes=_texts(body.get("attributes"), "attributes"),
        )
        total = money(order.total)
        sold = {"id": order.id, "name": order.name, "token": order.token, "total": total}
        return jsonify(order=sold, products=_products(place.id)), 201


def _sign_in_page(*, problem: str = "") -> str:
    return render_template(
        "till/sign_in.html",
        shop=here().world.shop,
        places=inventory.active(here().world),
        people=here().world.staff.values(),
        problem=problem,
    )


def _signed_in() -> tuple[Location | None, Staff | None]:
    try:
        kept = here().signer.loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        return None, None
    if not isinstance(kept, dict):
        return None, None
    world = here().world
    return world.locations.get(kept.get("location", 0)), world.staff.get(kept.get("staff", 0))


def _app_is_installed() -> bool:
    return here().app.client_id in here().world.grants


def _working(body: Mapping[str, Any]) -> tuple[Location, Staff]:
    place, person = _signed_in()
    if "pin" in body:
        place, person = _place(str(body.get("location_id", ""))), _by_pin(str(body["pin"]))
    if place is None or person is None:
        raise Denied("till_signed_out", "sign in at the till with a location and a PIN")
    return place, person


def _place(number: str) -> Location | None:
    return here().world.locations.get(int(number)) if number.isdigit() else None


def _by_pin(pin: str) -> Staff | None:
    return next((one for one in here().world.staff.values() if one.pin == pin), None)


def _products(location_id: int, words: str = "") -> list[dict[str, Any]]:
    world = here().world
    return [
        {
            "variant_id": variant.id,
            "title": full_title(world, variant),
            "sku": variant.sku,
            "price": variant.price,
            "shown_price": money(variant.price),
            "here": inventory.available(world, variant.id, location_id),
        }
        for variant in search(world, words)
    ]


def _fits(customer: Customer, words: list[str]) -> bool:
    phone = customer.phone.replace(" ", "")
    text = f"{customer.name} {customer.email} {customer.phone} {phone}".lower()
    return all(word in text or word == f"id:{customer.id}" for word in words)


def _customer_json(customer: Customer) -> dict[str, Any]:
    return {
        "id": customer.id,
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
    }


def _lines(given: Any) -> list[OrderLine]:
    if not isinstance(given, list) or not given:
        raise BadInput("nothing_to_sell", "a sale needs at least one line")
    return [_line(each) for each in given]


def _line(given: Any) -> OrderLine:
    try:
        variant_id, quantity = int(given["variant_id"]), int(given.get("quantity", 1))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadInput("line_unclear", "a line has a variant_id and a quantity") from None
    if variant_id not in here().world.variants:
        raise NotFound("no_such_variant", f"there is no variant {variant_id}")
    if not 0 < quantity < 10_000:
        raise BadInput("quantity_out_of_range", "a quantity lies between 1 and 9999")
    return OrderLine(variant_id, quantity, _texts(given.get("properties"), "properties"))


def _texts(given: Any, name: str) -> dict[str, str]:
    """Names and texts, as properties and attributes are."""
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise BadInput("texts_unclear", f"{name} map names to texts")
    return given


def _customer_id(given: Any) -> int | None:
    if given in (None, ""):
        return None
    if given not in here().world.customers:
        abort(404)
    return int(given)
