"""Carts in the admin: a shopper's at the till, by code or by name; what became of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from handcart.carts import assisting, handing_over
from handcart.carts.overview import Figures, Overview, overview
from handcart.carts.store import StoredCart
from handcart.errors import HandcartError
from handcart.platform.port import FoundCustomer
from handcart.web import handcart
from handcart.web.embedded import merchant_required
from handcart.web.plan_required import open_without_plan

from .looking import look
from .translate import money
from .words import reason_words, refusal

blueprint = Blueprint("carts_page", __name__)
_HIGH, _WIDE = 160, 50


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
class Looked:
    """Whom staff looked for; ``found`` is None before anybody asked."""

    words: str = ""
    found: Sequence[FoundCustomer] | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the plot, in its units: 160 high, 50 wide for each day."""

    kind: str
    x: int
    y: float
    height: float


@blueprint.get("/carts")
@merchant_required
def carts() -> ResponseReturnValue:
    return _page(Shown())


@blueprint.post("/carts/shown")
@merchant_required
def shown() -> ResponseReturnValue:
    """The cart behind the code that a shopper shows, which opens for these staff only; or the
    cart of the customer whom they chose."""
    look(g.merchant.shop)
    status, seen = 200, Shown()
    try:
        seen = _seen(_asked_for())
    except HandcartError as error:
        status, seen = error.status, Shown(refused=refusal(error))
    if request.headers.get("HX-Request"):
        return render_template("_shown.html", seen=seen), status
    return _page(seen), status


@blueprint.post("/carts/customers")
@merchant_required
@open_without_plan  # it reads
def customers() -> ResponseReturnValue:
    """Those whose name, e-mail or phone number holds the words."""
    look(g.merchant.shop)
    words = request.form.get("words", "")[:100]
    try:
        looked = Looked(words, handcart().platform(g.merchant.shop).customers(words))
    except HandcartError as error:
        looked = Looked(words, refused=reason_words(error.code))
    if request.headers.get("HX-Request"):
        return render_template("_customers.html", looked=looked)
    return _page(Shown(), looked)


def _asked_for() -> StoredCart:
    app, shop = handcart(), g.merchant.shop
    number = request.form.get("customer", "")
    with app.db.writing() as work:
        if number.isascii() and number.isdigit() and len(number) < 19:
            return assisting.cart_of_customer(work, shop, int(number))
        code = code_in(request.form.get("code", ""))
        staff = f"staff:{g.merchant.user_id}"
        return handing_over.shown_to_staff(work, shop, code, staff=staff, at=app.clock())


def code_in(text: str) -> str:
    """The code itself, or out of the whole link as a scanner reads it."""
    text = text.strip()
    return urlsplit(text).fragment.removeprefix("handcart=") if "#" in text else text


def _page(seen: Shown, looked: Looked = Looked()) -> str:
    look(g.merchant.shop)
    with handcart().db.reading() as view:
        found = overview(view, g.merchant.shop, today=g.now.date())
    return render_template(
        "carts.html", seen=seen, looked=looked, overview=found, bars=list(bars(found))
    )


def bars(found: Overview) -> Iterator[Bar]:
    """Three bars a day: active, of which crossed; adopted; recovered."""
    most = max([1, *(max(one.active, one.adopted, one.recovered) for _, one in found.days)])
    for place, (_, day) in enumerate(found.days):
        for kind, x, count in _columns(day):
            height = round(_HIGH * count / most, 1)
            if count:
                yield Bar(kind, place * _WIDE + x, _HIGH - height, height)


def _columns(day: Figures) -> tuple[tuple[str, int, int], ...]:
    return (
        ("active", 4, day.active),
        ("crossed", 4, day.crossed),
        ("adopted", 22, day.adopted),
        ("recovered", 34, day.recovered),
    )


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
        price=money(price[1], price[0]) if price else "",
        properties={name: text for name, text in item.properties if not name.startswith("_")},
    )
