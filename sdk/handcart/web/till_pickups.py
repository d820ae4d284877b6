"""The counter's doors for the till: the same queue, the same acts, as JSON.

For an extension of the till, whose session token says who signed in to it; any other device of the
store can ask with an ID token of the app. A tap names its ``key`` and is done once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from ..errors import BadInput, Denied, TooManyTries
from ..pickups import Act, Pickup, queries, service
from ..pickups.life import may
from ..pickups.queries import Waiting
from . import handcart
from .extensions import staff_required
from .plan_required import open_without_plan
from .tapping import DoneBefore, hand_over, stop_repeats, tapped

blueprint = Blueprint("till_pickups", __name__)


class _Asked(Schema):
    class Meta:
        unknown = EXCLUDE

    location_id = fields.Integer(strict=True, validate=validate.Range(1, 2**63 - 1))
    find = fields.String(load_default="", validate=validate.Length(max=200))
    key = fields.String(load_default="")
    code = fields.String(load_default="", validate=validate.Length(max=200))
    identity = fields.Boolean(load_default=False)
    aged = fields.Boolean(load_default=False)


@blueprint.post("/till/pickups")
@staff_required
@open_without_plan  # it reads
def queue() -> ResponseReturnValue:
    """``{"location_id": …, "find": ""}`` → what waits there, to be prepared and to be collected."""
    asked, app = _read(), handcart()
    if "location_id" not in asked:
        raise BadInput("location_malformed", "which location?")
    by = g.merchant.acting()
    with app.db.reading() as view:
        found = queries.waiting_queue(
            view,
            g.merchant.shop,
            asked["location_id"],
            find=asked["find"],
            keyring=app.keyring,
        )
    return jsonify(to_prepare=_waiting(found.requested, by), ready=_waiting(found.ready, by))


@blueprint.post("/till/pickups/<pickup_id>/ready")
@staff_required
def ready(pickup_id: str) -> ResponseReturnValue:
    """All goods lie at the counter."""
    key, by = _read()["key"], g.merchant.acting()

    def mark_ready() -> None:
        with tapped(key) as work:
            service.mark_ready(work, g.merchant.shop, pickup_id, by=by, at=handcart().clock())

    _once(key, mark_ready)
    return _now(pickup_id, by)


@blueprint.post("/till/pickups/<pickup_id>/collected")
@staff_required
def collected(pickup_id: str) -> ResponseReturnValue:
    """Handed over against ``code``, or with ``identity`` against an identity card."""
    asked = _read()
    code, key = None if asked["identity"] else asked["code"], asked["key"]
    _once(key, lambda: hand_over(pickup_id, code=code, key=key, aged=asked["aged"]))
    return _now(pickup_id, g.merchant.acting())


def _once(key: str, tap: Callable[[], object]) -> None:
    """Do it unless it was done before; what was refused once is refused again."""
    try:
        stop_repeats(key)
        tap()
    except DoneBefore as before:
        if before.refused == "code_wrong":
            raise Denied("code_wrong", "this is not the code of the order") from None
        if before.refused:
            again = "too many wrong codes; try again in 15 minutes"
            raise TooManyTries("code_locked", again) from None


def _now(pickup_id: str, by: str) -> ResponseReturnValue:
    with handcart().db.reading() as view:
        return jsonify(_pickup(queries.get(view, g.merchant.shop, pickup_id), by))


def _waiting(waiting: Waiting, by: str) -> dict[str, Any]:
    return {"count": waiting.count, "shown": [_pickup(one, by) for one in waiting.shown]}


def _pickup(pickup: Pickup, by: str) -> dict[str, Any]:
    lines = [
        {"id": str(line.line_id), "title": line.title, "sku": line.sku, "units": line.asked}
        for line in pickup.lines
        if line.asked
    ]
    return {
        "id": pickup.pickup_id,
        "order": pickup.order_name,
        "customer": pickup.customer_name.split(" ")[0],
        "state": pickup.state.value,
        "bay": pickup.bay,
        "min_age": pickup.min_age,
        "promised_at": pickup.promised_at.isoformat() if pickup.promised_at else None,
        "came_at": pickup.came_at.isoformat() if pickup.came_at else None,
        "can": [act.value for act in Act if not pickup.held and may(pickup, act, by)],
        "lines": lines,
    }


def _read() -> dict[str, Any]:
    try:
        asked: dict[str, Any] = _Asked().load(json.loads(request.get_data() or b"{}"))
    except (ValidationError, ValueError, RecursionError) as error:
        raise BadInput("body_not_valid", "not what this door takes") from error
    return asked
