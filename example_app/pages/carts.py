"""Carts in the admin: what a shopper at the till shows us of theirs, and how many are alive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from babel.numbers import format_currency
from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from handcart.carts import handing_over
from handcart.carts.overview import DAYS, Day, days
from handcart.carts.store import StoredCart
from handcart.errors import HandcartError
from handcart.web import handcart
from handcart.web.embedded import merchant_required

from .looking import look
from .translate import locale
from .words import refusal

blueprint = Blueprint("carts_page", __name__)


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line as staff read it; ``price`` is what the shopper last saw for one."""

    title: str
    quantity: int
    price: str
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a code opened, or why it did not."""

    lines: tuple[ShownLine, ...] = ()
    saved: tuple[ShownLine, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """Carts by the day of their latest change; ``most`` is the height of the plot."""

    days: tuple[Day, ...]
    most: int = field(default=1)


@blueprint.get("/carts")
@merchant_required
def carts() -> ResponseReturnValue:
    return _page(Shown())


@blueprint.post("/carts/shown")
@merchant_required
def shown() -> ResponseReturnValue:
    """The cart behind the code that a shopper shows; it opens for these staff only."""
    look(g.merchant.shop)
    app = handcart()
    status, seen = 200, Shown()
    try:
        with app.db.writing() as work:
            cart = handing_over.shown_to_staff(
                work,
                g.merchant.shop,
                code_in(request.form.get("code", "")),
                staff=f"staff:{g.merchant.user_id}",
                at=app.clock(),
            )
        seen = _seen(cart)
    except HandcartError as error:
        status, seen = error.status, Shown(refused=refusal(error))
    if request.headers.get("HX-Request"):
        return render_template("_shown.html", seen=seen), status
    return _page(seen), status


def code_in(text: str) -> str:
    """The code itself, or out of the whole link as a scanner reads it."""
    text = text.strip()
    return urlsplit(text).fragment.removeprefix("handcart=") if "#" in text else text


def _page(seen: Shown) -> str:
    look(g.merchant.shop)
    return render_template("carts.html", seen=seen, plot=_plot())


def _plot() -> Plot:
    today: date = g.now.date()
    with handcart().db.reading() as view:
        found = days(view, g.merchant.shop, since=g.now - timedelta(days=DAYS), today=today)
    return Plot(found, max([1, *(day.open + day.adopted for day in found)]))


def _seen(cart: StoredCart) -> Shown:
    return Shown(
        lines=tuple(_line(cart, line.item, line.quantity) for line in cart.cart.shown()),
        saved=tuple(_line(cart, line.item, line.quantity) for line in cart.saved.shown()),
    )


def _line(cart: StoredCart, item: Any, quantity: int) -> ShownLine:
    known = cart.goods.get(item.key, {})
    price = next(iter(known.get("prices", {}).items()), None)
    return ShownLine(
        title=known.get("title") or f"#{item.variant_id}",
        quantity=quantity,
        price=format_currency(price[1] / 100, price[0], locale=locale()) if price else "",
        properties={name: text for name, text in item.properties if not name.startswith("_")},
    )
