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
from handcart.pickups import elsewhere
from handcart.stock import (
    Place,
    adjusting,
    counting,
    drift,
    rules,
    service,
    store,
    transfers,
)
from handcart.stock.counting import ToCount
from handcart.stock.drift import Drift
from handcart.stock.model import Item
from handcart.stock.shelf import Shelf, shelf
from handcart.stock.transfers import Transfer, TransferLine
from handcart.web import handcart
from handcart.web.embedded import merchant_required

from .addresses import merchant_url
from .looking import look
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


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody looked for, and what was found: one shelf, or several items to choose from."""

    text: str = ""
    shelf: Shelf | None = None
    items: tuple[Item, ...] = ()


@blueprint.get("/stock")
@merchant_required
def stock() -> ResponseReturnValue:
    """``?store=…&find=…``: what is scanned or typed; one item that fits is opened."""
    look(g.merchant.shop)
    places = _places()
    location_id = _chosen(places, request.args.get("store", type=int))
    text = request.args.get("find", "").strip()[:120]
    if location_id is None:
        return _page(places, None, Looked())
    return _answer(places, location_id, _found(text, location_id))


@blueprint.get("/stock/<int:location_id>/items/<int:item_id>")
@merchant_required
def item(location_id: int, item_id: int) -> ResponseReturnValue:
    look(g.merchant.shop)
    return _answer(_places(), location_id, Looked(shelf=_shelf(location_id, item_id)))


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
            by=_staff(),
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
            by=_staff(),
            at=at,
        )
        return gettext("Corrected.")

    return act(location_id, item_id, do)


@blueprint.post("/stock/<int:location_id>/items/<int:item_id>/undo")
@merchant_required
def undo(location_id: int, item_id: int) -> ResponseReturnValue:
    def do(work: Connection, at: datetime) -> str:
        write_id = request.form.get("change", "")
        adjusting.undo(work, g.merchant.shop, write_id, by=_staff(), at=at)
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
            by=_staff(),
            at=at,
        )
        return gettext("Left as it is.")

    return act(location_id, item_id, do)


@blueprint.post("/stock/<int:location_id>/items/<int:item_id>/transfer")
@merchant_required
def hand_on(location_id: int, item_id: int) -> ResponseReturnValue:
    """Goods of this item leave for another store."""

    def do(work: Connection, at: datetime) -> str:
        shop, by = g.merchant.shop, _staff()
        name = transfers.ask(
            work,
            shop,
            {item_id: number("units")},
            from_location_id=location_id,
            to_location_id=number("to"),
            by=by,
            at=at,
        )
        transfers.send(work, shop, name, by=by, at=at)
        return gettext("On its way.")

    return act(location_id, item_id, do)


@blueprint.post("/stock/<int:location_id>/transfers/<transfer_id>/dispatch")
@merchant_required
def dispatch(location_id: int, transfer_id: str) -> ResponseReturnValue:
    """What another store asked of this one leaves; with ``no=yes`` it does not."""

    def do(work: Connection, at: datetime) -> str:
        if request.form.get("no") == "yes":
            elsewhere.call_off(work, g.merchant.shop, transfer_id, by=_staff(), at=at)
            return gettext("Not sent.")
        elsewhere.send(work, g.merchant.shop, transfer_id, by=_staff(), at=at)
        return gettext("On its way.")

    return act(location_id, None, do)


@blueprint.post("/stock/<int:location_id>/transfers/<transfer_id>/arrival")
@merchant_required
def arrive(location_id: int, transfer_id: str) -> ResponseReturnValue:
    """What was sent to this store has come, all of it or another number and why."""

    def do(work: Connection, at: datetime) -> str:
        shop = g.merchant.shop
        sent = transfers.get(work, shop, transfer_id)
        units = {
            line.inventory_item_id: number(f"units-{line.inventory_item_id}") for line in sent.lines
        }
        why = request.form.get("why", "")
        elsewhere.receive(work, shop, transfer_id, by=_staff(), at=at, units=units, why=why)
        return gettext("Received.")

    return act(location_id, None, do)


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
    looked = Looked(shelf=_shelf(location_id, item_id)) if item_id else Looked()
    return _answer(_places(), location_id, looked, said=said), status


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
        "drifts": _drifts(location_id),
        "to_count": _to_count(location_id),
        "hold_minutes": _hold_minutes(),
        "manages": g.merchant.acting().startswith("manager:"),
        "channels": CHANNEL_WORDS,
        "holders": HOLDERS,
        "moving": _moving(location_id),
        "stores": {place.location_id: place.name for place in _places()},
        "discrepancies": DISCREPANCY_REASONS,
        "reasons": CORRECTION_REASONS,
        "kinds": MOVEMENTS,
        "whys": MOVEMENT_REASONS,
    }


def _found(text: str, location_id: int) -> Looked:
    if not text:
        return Looked()
    with handcart().db.reading() as view:
        items = store.find_items(view, g.merchant.shop, text)
    if len(items) != 1:
        return Looked(text, items=items)
    try:
        return Looked(text, shelf=_shelf(location_id, items[0].inventory_item_id))
    except HandcartError:
        return Looked(text)


def _shelf(location_id: int, item_id: int) -> Shelf:
    with handcart().db.reading() as view:
        return shelf(view, g.merchant.shop, item_id, location_id, at=g.now)


def _drifts(location_id: int) -> tuple[Drift, ...]:
    with handcart().db.reading() as view:
        return drift.found(view, g.merchant.shop, at=g.now, location_id=location_id, limit=30)


def _to_count(location_id: int) -> tuple[ToCount, ...]:
    with handcart().db.reading() as view:
        return counting.to_count(view, g.merchant.shop, location_id, at=g.now)


def _hold_minutes() -> int:
    with handcart().db.reading() as view:
        return rules.rule_book(view, g.merchant.shop).hold_minutes


def _moving(location_id: int) -> list[tuple[Transfer, dict[int, Item]]]:
    """What goes to and from the store, with the items of each."""
    with handcart().db.reading() as view:
        return [
            (one, {line.inventory_item_id: _item(view, line) for line in one.lines})
            for one in transfers.of_location(view, g.merchant.shop, location_id)
        ]


def _item(view: Connection, line: TransferLine) -> Item:
    known = store.item(view, g.merchant.shop, line.inventory_item_id)
    return known or Item(line.inventory_item_id, line.inventory_item_id)


def _places() -> tuple[Place, ...]:
    with handcart().db.reading() as view:
        return service.places(view, g.merchant.shop)


def _chosen(places: tuple[Place, ...], asked: int | None) -> int | None:
    known = [place.location_id for place in places]
    return asked if asked in known else next(iter(known), None)


def number(name: str) -> int:
    text = request.form.get(name, "").strip()
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit():
        raise BadInput("units_malformed", f"{name} is a whole number")
    if len(text) > 9:
        raise BadInput("units_malformed", f"{name} is too large")
    return int(text)


def _staff() -> str:
    by: str = g.merchant.acting()
    return by
