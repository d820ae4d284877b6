"""Goods that leave for another store, or come from one."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from handcart.pickups import elsewhere
from handcart.stock import transfers
from handcart.web.embedded import merchant_required

from .stock import act, acting, number
from .translate import gettext

blueprint = Blueprint("stock_transfers", __name__)


@blueprint.post("/stock/<int:location_id>/items/<int:item_id>/transfer")
@merchant_required
def hand_on(location_id: int, item_id: int) -> ResponseReturnValue:
    """Goods of this item leave for another store."""

    def do(work: Connection, at: datetime) -> str:
        shop, by = g.merchant.shop, acting()
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
            elsewhere.call_off(work, g.merchant.shop, transfer_id, by=acting(), at=at)
            return gettext("Not sent.")
        elsewhere.send(work, g.merchant.shop, transfer_id, by=acting(), at=at)
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
        elsewhere.receive(work, shop, transfer_id, by=acting(), at=at, units=units, why=why)
        return gettext("Received.")

    return act(location_id, None, do)
