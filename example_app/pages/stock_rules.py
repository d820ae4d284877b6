"""What is not sold although it is there: the rules of stock, and holds let go by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from handcart.errors import Denied
from handcart.stock import StockRules, holds, rules
from handcart.stock.promise import CHANNELS
from handcart.web.embedded import merchant_required

from .stock import act, number
from .translate import gettext

blueprint = Blueprint("stock_rules", __name__)


@blueprint.post("/stock/<int:location_id>/items/<int:item_id>/rules")
@merchant_required
def keep(location_id: int, item_id: int) -> ResponseReturnValue:
    """For this item here, this item everywhere, this store, or the whole shop; by a manager."""
    places = {
        "here": (location_id, item_id),
        "item": (rules.ANY, item_id),
        "store": (location_id, rules.ANY),
    }
    place, item = places.get(request.form.get("where", ""), (rules.ANY, rules.ANY))

    def save(work: Connection, at: datetime) -> str:
        by = _manager()
        if request.form.get("drop") == "yes":
            rules.drop_rules(work, g.merchant.shop, location_id=place, item_id=item)
            return gettext("The wider rule counts again.")
        before = rules.rule_book(work, g.merchant.shop).by_place.get((place, item), rules.USUAL)
        asked = _asked(before)
        rules.set_rules(work, g.merchant.shop, asked, by=by, at=at, location_id=place, item_id=item)
        return gettext("Saved.")

    return act(location_id, item_id, save)


@blueprint.post("/stock/<int:location_id>/items/<int:item_id>/holds")
@merchant_required
def let_go(location_id: int, item_id: int) -> ResponseReturnValue:
    """A manager lets others have what a checkout, or a transfer, holds; and says why."""

    def release(work: Connection, at: datetime) -> str:
        holds.release_by_hand(
            work,
            g.merchant.shop,
            request.form.get("hold", ""),
            by=g.merchant.acting(),
            why=request.form.get("why", ""),
            at=at,
        )
        return gettext("Others can have it again.")

    return act(location_id, item_id, release)


@blueprint.post("/stock/<int:location_id>/checkouts")
@merchant_required
def checkouts(location_id: int) -> ResponseReturnValue:
    """For how many minutes any checkout of the shop keeps its goods; 0 for none."""

    def save(work: Connection, at: datetime) -> str:
        by = _manager()
        now = rules.rule_book(work, g.merchant.shop).by_place.get((0, 0), rules.USUAL)
        asked = replace(now, hold_minutes=number("minutes"))
        rules.set_rules(work, g.merchant.shop, asked, by=by, at=at)
        return gettext("Saved.")

    return act(location_id, None, save)


def _asked(before: StockRules) -> StockRules:
    """By number, or by how sure the record is; and what is kept for one channel alone."""
    sure = request.form.get("how") == "trust"
    return replace(
        before,
        safety=0 if sure else number("safety"),
        trust=number("trust") / 100 if sure else 0.0,
        kept={name: units for name in CHANNELS if (units := number(f"kept-{name}"))},
        from_elsewhere=request.form.get("elsewhere") == "yes",
    )


def _manager() -> str:
    by: str = g.merchant.acting()
    if not by.startswith("manager:"):
        raise Denied("manager_needed", "ask a manager to do this")
    return by
