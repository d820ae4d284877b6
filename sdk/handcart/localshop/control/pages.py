"""The page behind the scenes: the same doors as the JSON API, for a person."""

from __future__ import annotations

import orjson
from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from ...errors import HandcartError
from ..config import COMPLIANCE_TOPICS
from ..faults import FAULTS, Rule
from ..seed import seed
from ..site import here
from .api import merge, tell

blueprint = Blueprint("control", __name__, url_prefix="/_local", template_folder="templates")


@blueprint.errorhandler(HandcartError)
def refused(error: HandcartError) -> tuple[str, int]:
    return home(problem=str(error)), error.status


@blueprint.get("/")
def home(*, problem: str = "") -> str:
    shop = here()
    topic = request.args.get("topic", "")
    log = shop.deliveries.log()
    return render_template(
        "control/home.html",
        shop=shop.world.shop,
        now=shop.world.clock.now(),
        faults=FAULTS,
        rules=shop.faults.rules,
        topics=sorted({each.topic for each in log}),
        topic=topic,
        deliveries=[each for each in log if topic in ("", each.topic)][:100],
        customers=list(shop.world.customers.values()),
        compliance=COMPLIANCE_TOPICS,
        unsettled=shop.deliveries.unsettled(),
        problem=problem,
    )


@blueprint.get("/deliveries/<webhook_id>")
def delivery(webhook_id: str) -> str:
    found = here().deliveries.find(webhook_id)
    body = orjson.dumps(orjson.loads(found.body), option=orjson.OPT_INDENT_2).decode()
    return render_template(
        "control/delivery.html", shop=here().world.shop, delivery=found, body=body
    )


@blueprint.post("/deliveries/<webhook_id>/resend")
def resend(webhook_id: str) -> Response:
    here().deliveries.resend(webhook_id)
    here().deliveries.flush(6)
    return redirect(f"/_local/deliveries/{webhook_id}", 303)


@blueprint.post("/switch")
def switch() -> Response:
    """Put a fault in force, or end them all."""
    if request.form.get("fault") == "none":
        here().faults.clear()
        return _back()
    times = request.form.get("times", type=int)
    here().faults.put(
        Rule(
            fault=request.form.get("fault", ""),
            topic=request.form.get("topic") or "*",
            probability=(request.form.get("percent", 100, type=int)) / 100,
            times=times or None,
            seconds=request.form.get("seconds", 60.0, type=float),
        )
    )
    return _back()


@blueprint.post("/advance")
def advance() -> Response:
    here().advance(max(0.0, request.form.get("minutes", 0.0, type=float)) * 60)
    here().deliveries.flush(6)
    return _back()


@blueprint.post("/comply")
def comply() -> Response:
    tell(request.form.get("topic", ""), request.form.get("customer", ""))
    return _back()


@blueprint.post("/one")
def one() -> Response:
    merge(request.form.get("kept", ""), request.form.get("gone", ""))
    return _back()


@blueprint.post("/again")
def again() -> Response:
    here().reset(seed(here().world.seed))
    return _back()


def _back() -> Response:
    return redirect("/_local/", 303)
