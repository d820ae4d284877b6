"""The JSON API of ``/_local/``, for tests, demos and other languages. Open, because it is local."""

from __future__ import annotations

import math
from typing import Any

from flask import Blueprint, Response, jsonify, request

from ...errors import BadInput, NotFound
from .. import customers, payloads
from ..config import COMPLIANCE_TOPICS
from ..seed import seed
from ..site import here
from . import shown

blueprint = Blueprint("control_api", __name__, url_prefix="/_local")


@blueprint.get("/state")
def state() -> Response:
    with here().world.lock:
        return jsonify(shown.state())


@blueprint.get("/faults")
def read_faults() -> Response:
    return jsonify(shown.faults())


@blueprint.post("/faults")
def set_faults() -> Response:
    """``{"fault": …}`` adds one rule; ``{"rules": […], "seed": n}`` replaces them all."""
    body = _body()
    if "rules" in body:
        if not isinstance(body["rules"], list):
            raise BadInput("rules_unclear", "rules is a list")
        rules = [shown.rule(each) for each in body["rules"]]
        here().faults.replace(rules, seed=body.get("seed"))
    else:
        one = shown.rule(body)
        here().faults.put(one)
    return jsonify(shown.faults())


@blueprint.delete("/faults")
def clear_faults() -> Response:
    here().faults.clear()
    return jsonify(shown.faults())


@blueprint.get("/deliveries")
def deliveries() -> Response:
    """The newest first; ``topic`` and ``limit`` (200) narrow them down."""
    limit = request.args.get("limit", 200, type=int)
    log = here().deliveries.log(request.args.get("topic", ""))
    return jsonify(deliveries=[shown.delivery(each) for each in log[: max(0, limit)]])


@blueprint.get("/deliveries/<webhook_id>.json")
def one_delivery(webhook_id: str) -> Response:
    return jsonify(shown.delivery(here().deliveries.find(webhook_id), whole=True))


@blueprint.post("/deliveries/<webhook_id>/resend.json")
def resend(webhook_id: str) -> Response:
    return jsonify(shown.delivery(here().deliveries.resend(webhook_id)))


@blueprint.post("/deliveries/flush")
def flush() -> tuple[Response, int]:
    """Wait until nothing is due or under way: 200, or 504 when ``timeout`` (30 s) was too short."""
    quiet = here().deliveries.flush(_number(_body().get("timeout", 30), "timeout"))
    unsettled = here().deliveries.unsettled()
    return jsonify(quiet=quiet, unsettled=unsettled), 200 if quiet else 504


@blueprint.post("/clock")
def clock() -> Response:
    """Move the clock forward by ``advance`` seconds."""
    now = here().advance(_number(_body().get("advance"), "advance"))
    return jsonify(now=now.isoformat())


@blueprint.post("/compliance")
def compliance() -> Response:
    """Send one of the three compliance topics now, about ``customer_id`` where it is needed."""
    body = _body()
    tell(str(body.get("topic", "")), body.get("customer_id"))
    return jsonify(sent=True)


@blueprint.post("/merge")
def merge_customers() -> Response:
    """Make two customers one: ``{"kept": 1, "gone": 2}``."""
    body = _body()
    merge(body.get("kept"), body.get("gone"))
    return jsonify(sent=True)


@blueprint.post("/reset")
def reset() -> Response:
    """Begin again from the seed: nothing is installed, bought, in a cart or waiting."""
    shop = here()
    number = _body().get("seed", shop.world.seed)
    if not isinstance(number, int):
        raise BadInput("seed_unclear", "seed is a whole number")
    shop.reset(seed(number))
    with shop.world.lock:
        return jsonify(shown.state())


def merge(kept: Any, gone: Any) -> None:
    """NotFound for a customer who is not here."""
    kept_id, gone_id = (int(one) if str(one).isdigit() else 0 for one in (kept, gone))
    customers.merge(here().world, kept_id=kept_id, gone_id=gone_id)


def tell(topic: str, customer_id: Any) -> None:
    """Emit a compliance topic; NotFound for a customer who is not here."""
    world = here().world
    if topic not in COMPLIANCE_TOPICS:
        raise BadInput("topic_unclear", f"the topic is one of {', '.join(COMPLIANCE_TOPICS)}")
    with world.action():
        if topic == "shop/redact":
            world.emit(topic, payloads.shop_redact(world))
            return
        customer = world.customers.get(int(customer_id) if str(customer_id).isdigit() else 0)
        if customer is None:
            raise NotFound("no_such_customer", f"there is no customer {customer_id}")
        if topic == "customers/redact":
            world.emit(topic, payloads.customers_redact(world, customer))
        else:
            request_id = world.next_id("line_item")
            body = payloads.customers_data_request(world, customer, request_id=request_id)
            world.emit(topic, body)


def _body() -> dict[str, Any]:
    if not request.get_data():
        return {}
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise BadInput("not_json", "the body is a JSON object")
    return body


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput("number_unclear", f"{name} is a number of seconds")
    if not 0 <= value <= 400 * 86400:
        raise BadInput("number_out_of_range", f"{name} lies between 0 and 400 days")
    return float(value)
