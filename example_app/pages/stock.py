"""Stock: staff scan an item, count or correct it, see why it is what it is, and what drifted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from handcart.errors import BadInput, HandcartError
from handcart.stock import Place, adjusting, drift
from handcart.web import handcart
from handcart.web.embedded import merchant_required

from . import shelves
from .addresses import merchant_url
from .looking import look
from .shelves import Looked
from .translate import gettext
from .words import (
    CHANNEL_WORDS,
    CORRECTION_REASONS,
    DISCREPANCY_REASONS,
    HOLDERS,
    MOVEMENT_REASONS,
    MOVEMENTS,
    refusal,
)

blueprint = Blueprint("stock_page", __name__)


@dataclass(frozen=True, slots=True)
class Said:
    """What the last tap came to."""

    news: str = ""
    refused: str = ""


@blueprint.get("/stock")
@merchant_required
def stock() -> ResponseReturnValue:
    """``?store=…&find=…``: what is scanned or typed; one item that fits is opened."""
    look(g.merchant.shop)
    places = shelves.places()
    location_id = shelves.chosen(places, request.args.get("store", type=int))
    text = request.args.get("find", "").strip()[:120]
    if location_id is None:
        return _page(places, None, Looked())
    return _answer(places, location_id, shelves.found(text, location_id))


@blueprint.get("/stock/<int:location_id>/items/<int:item_id>")
@merchant_required
def item(location_id: int, item_id: int) -> ResponseReturnValue:
    look(g.merchant.shop)
    return _answer(
        shelves.places(), location_id, Looked(shelf=shelves.shelf_of(location_id, item_id))
    )


@blueprint.post("/stock/<int:location_id>/items/<int:item_id>/count")
@merchant_required
def count(location_id: int, item_id: int) -> ResponseReturnValue:
    def do(work: Connection, at: datetime) -> str:
        adjusting.count(
            work,
            g.merchant.shop,
            item_id=item_id,
            location_id=location_id,
            counted=number("counted"),
            seen=number("seen"),
            by=acting(),
            at=at,
        )
        return gettext("Counted.")

    return act(location_id, item_id, do)


@blueprint.post("/stock/<int:location_id>/items/<int:item_id>/correction")
@merchant_required
def correct(location_id: int, item_id: int) -> ResponseReturnValue:
    def do(work: Connection, at: datetime) -> str:
        units = number("units")
        adjusting.correct(
            work,
            g.merchant.shop,
            item_id=item_id,
            location_id=location_id,
            delta=-units if request.form.get("way") == "fewer" else units,
            reason=request.form.get("reason", ""),
            note=request.form.get("note", ""),
            by=acting(),
            at=at,
        )
        return gettext("Corrected.")

    return act(location_id, item_id, do)


@blueprint.post("/stock/<int:location_id>/items/<int:item_id>/undo")
@merchant_required
def undo(location_id: int, item_id: int) -> ResponseReturnValue:
    def do(work: Connection, at: datetime) -> str:
        write_id = request.form.get("change", "")
        adjusting.undo(work, g.merchant.shop, write_id, by=acting(), at=at)
        return gettext("Taken back.")

    return act(location_id, item_id, do)


@blueprint.post("/stock/<int:location_id>/items/<int:item_id>/drift")
@merchant_required
def settle(location_id: int, item_id: int) -> ResponseReturnValue:
    def do(work: Connection, at: datetime) -> str:
        drift.settle(
            work,
            g.merchant.shop,
            item_id=item_id,
            location_id=location_id,
            units=number("units"),
            by=acting(),
            at=at,
        )
        return gettext("Left as it is.")

    return act(location_id, item_id, do)


def act(
    location_id: int, item_id: int | None, do: Callable[[Connection, datetime], str]
) -> ResponseReturnValue:
    """Do it and show the store, and the item, as they are now, with the news or with why not."""
    look(g.merchant.shop)
    app, said, status = handcart(), Said(), 200
    try:
        with app.db.writing() as work:
            said = Said(news=do(work, app.clock()))
    except HandcartError as error:
        status, said = error.status, Said(refused=refusal(error))
    if said.news and not request.headers.get("HX-Request"):
        return redirect(_address(location_id, item_id), 303)
    looked = Looked(shelf=shelves.shelf_of(location_id, item_id)) if item_id else Looked()
    return _answer(shelves.places(), location_id, looked, said=said), status


def _address(location_id: int, item_id: int | None) -> str:
    if item_id is None:
        return merchant_url("stock_page.stock", store=location_id)
    return merchant_url("stock_page.item", location_id=location_id, item_id=item_id)


def _answer(
    places: tuple[Place, ...], location_id: int, looked: Looked, *, said: Said = Said()
) -> str:
    """The part that changes to a script, the page to everybody else."""
    if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
        return render_template("_shelf.html", **_shown(location_id, looked, said))
    return _page(places, location_id, looked, said=said)


def _page(
    places: tuple[Place, ...], location_id: int | None, looked: Looked, *, said: Said = Said()
) -> str:
    shown = _shown(location_id, looked, said) if location_id is not None else {}
    return render_template("stock.html", places=places, **{"location_id": None, **shown})


def _shown(location_id: int, looked: Looked, said: Said) -> dict[str, Any]:
    return {
        "location_id": location_id,
        "looked": looked,
        "said": said,
        "drifts": shelves.drifts(location_id),
        "to_count": shelves.to_count(location_id),
        "hold_minutes": shelves.hold_minutes(),
        "manages": g.merchant.acting().startswith("manager:"),
        "channels": CHANNEL_WORDS,
        "holders": HOLDERS,
        "moving": shelves.moving(location_id),
        "stores": {place.location_id: place.name for place in shelves.places()},
        "discrepancies": DISCREPANCY_REASONS,
        "reasons": CORRECTION_REASONS,
        "kinds": MOVEMENTS,
        "whys": MOVEMENT_REASONS,
    }


def number(name: str) -> int:
    """The whole number in a field of the form; raises BadInput."""
    text = request.form.get(name, "").strip()
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit():
        raise BadInput("units_malformed", f"{name} is a whole number")
    if len(text) > 9:
        raise BadInput("units_malformed", f"{name} is too large")
    return int(text)


def acting() -> str:
    """Who does it."""
    by: str = g.merchant.acting()
    return by
