"""The merchant sets up each store: when it is open, what it promises, how it keeps goods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from handcart.errors import BadInput, HandcartError, PlatformError
from handcart.pickups import offering, planning
from handcart.pickups.rules import CAPACITIES, ProductPrep, StoreRules
from handcart.stock import Place
from handcart.stock import service as stock
from handcart.web import handcart
from handcart.web.embedded import merchant_required

from .addresses import merchant_url
from .looking import look
from .store_form import form_of, rules_of, with_found
from .translate import gettext
from .words import CAPACITY_WORDS, PICKUP_TIME_WORDS, refusal

blueprint = Blueprint("stores", __name__)


@dataclass(frozen=True, slots=True)
class Said:
    """What saving came to."""

    news: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """Products that the merchant looks for, to give them a time of their own."""

    text: str = ""
    found: tuple[ProductPrep, ...] = ()
    failed: bool = False


@blueprint.get("/stores")
@merchant_required
def stores() -> ResponseReturnValue:
    look(g.merchant.shop)
    with handcart().db.reading() as view:
        plans = [
            (place, planning.plan_of(view, g.merchant.shop, place.location_id))
            for place in stock.places(view, g.merchant.shop)
        ]
    return render_template("stores.html", plans=plans)


@blueprint.get("/stores/<int:location_id>")
@merchant_required
def store(location_id: int) -> ResponseReturnValue:
    look(g.merchant.shop)
    said = Said(news=gettext("Saved.")) if request.args.get("saved") else Said()
    return _page(location_id, _rules(location_id), said=said)


@blueprint.post("/stores/<int:location_id>")
@merchant_required
def save(location_id: int) -> ResponseReturnValue:
    """The store promises by what was written from now on, or nothing changes."""
    look(g.merchant.shop)
    app, was = handcart(), _rules(location_id)
    try:
        rules = rules_of(request.form, was=was, told=_place(location_id).opening_hours)
        with app.db.writing() as work:
            planning.set_rules(
                work,
                g.merchant.shop,
                location_id,
                rules,
                by=f"staff:{g.merchant.user_id}",
                at=app.clock(),
            )
    except BadInput as error:
        return _page(location_id, was, said=Said(refused=refusal(error))), error.status
    return _answer(location_id, _page(location_id, rules, said=Said(news=gettext("Saved."))))


@blueprint.get("/stores/<int:location_id>/products")
@merchant_required
def products(location_id: int) -> ResponseReturnValue:
    """Lines for the products that were looked for."""
    look(g.merchant.shop)
    return render_template("_products.html", search=_search(_rules(location_id)))


@blueprint.post("/stores/<int:location_id>/checkout")
@merchant_required
def checkout(location_id: int) -> ResponseReturnValue:
    """The shop will be told whether its checkout offers this store."""
    look(g.merchant.shop)
    app, shop = handcart(), g.merchant.shop
    try:
        with app.db.writing() as work:
            if "offer" in request.form:
                offering.offer_pickup(
                    work,
                    shop,
                    location_id,
                    pickup_time=request.form.get("pickup_time", ""),
                    instructions=request.form.get("instructions", ""),
                    at=app.clock(),
                )
            else:
                offering.end_pickup(work, shop, location_id, at=app.clock())
    except BadInput as error:
        refused = Said(refused=refusal(error))
        return _page(location_id, _rules(location_id), said=refused), error.status
    said = Said(news=gettext("Your shop is being told."))
    return _answer(location_id, _page(location_id, _rules(location_id), said=said))


def _answer(location_id: int, page: str) -> ResponseReturnValue:
    """The page itself to a script; a browser without one is sent there."""
    if request.headers.get("HX-Request"):
        return page
    return redirect(merchant_url("stores.store", location_id=location_id, saved=1), 303)


def _page(location_id: int, rules: StoreRules, *, said: Said) -> str:
    place = _place(location_id)
    return render_template(
        "store.html",
        place=place,
        form=form_of(rules, place.opening_hours),
        said=said,
        search=_search(rules),
        zones=sorted(available_timezones()),
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        "capacities": [(name, CAPACITY_WORDS[name]) for name in CAPACITIES],
        "pickup_times": [(name, PICKUP_TIME_WORDS[name]) for name in offering.PICKUP_TIMES],
    }


def _search(rules: StoreRules) -> Search:
    text = request.args.get("product", "").strip()[:80]
    if not text:
        return Search()
    try:
        found = handcart().platform(g.merchant.shop).find_products(text)
    except (PlatformError, HandcartError):
        return Search(text, failed=True)
    return Search(text, with_found(rules, tuple(found)))


def _rules(location_id: int) -> StoreRules:
    with handcart().db.reading() as view:
        return planning.rules_of(view, g.merchant.shop, location_id)


def _place(location_id: int) -> Place:
    with handcart().db.reading() as view:
        return stock.place(view, g.merchant.shop, location_id)
