"""The mutations that prepare, hand over, move and cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from .. import fulfilment, orders
from ..refusals import Refused
from .answers import Payload, answer, coded, known
from .call import Call
from .idempotency import refuse_key
from .lists import number_of
from .wire import not_served


def _prepared(info: GraphQLResolveInfo[Any], call: Call, input: dict[str, Any]) -> Payload:
    """Each fulfillment order in turn; the first that cannot be prepared ends it."""
    refuse_key(info)

    def act() -> Payload:
        for place, each in enumerate(input["line_items_by_fulfillment_order"]):
            number = number_of(each["fulfillment_order_id"], "FulfillmentOrder")
            try:
                fulfilment.prepare_for_pickup(call.world, number or 0)
            except Refused as refused:
                refused.field = tuple(str(place) if part == "0" else part for part in refused.field)
                raise
        return {}

    return answer({}, act)


def _fulfil(
    info: GraphQLResolveInfo[Any],
    call: Call,
    fulfillment: dict[str, Any],
    message: str | None = None,
) -> Payload:
    """One fulfillment order for each call: several in one fulfillment are not served."""
    refuse_key(info)
    groups = fulfillment["line_items_by_fulfillment_order"]
    if len(groups) > 1:
        raise not_served("fulfillmentCreate for several fulfillment orders at once")

    def act() -> Payload:
        if not groups:
            raise Refused("Line items by fulfillment order can't be blank", code="INVALID")
        number = _fulfillment_order(groups[0]["fulfillment_order_id"])
        lines = _lines(groups[0].get("fulfillment_order_line_items"))
        tracking = _tracking(fulfillment.get("tracking_info") or {})
        return {"fulfillment": fulfilment.fulfil(call.world, number, lines, tracking=tracking)}

    return answer({"fulfillment": None}, act)


def _lines(given: list[dict[str, Any]] | None) -> dict[int, int] | None:
    """Fulfillment order line id to quantity; nothing or an empty list means all of it."""
    if not given:
        return None
    lines: dict[int, int] = {}
    for each in given:
        number = number_of(each["id"], "FulfillmentOrderLineItem")
        line_id = known(
            number, "Fulfillment order line item does not exist.", code="INVALID", field=()
        )
        lines[line_id] = lines.get(line_id, 0) + each["quantity"]
    return lines


def _tracking(given: dict[str, Any]) -> dict[str, str]:
    one = {"company": given.get("company")}
    one["number"] = given.get("number") or next(iter(given.get("numbers") or ()), None)
    one["url"] = given.get("url") or next(iter(given.get("urls") or ()), None)
    return {name: value for name, value in one.items() if value}


def _fulfillment_order(text: str) -> int:
    return known(
        number_of(text, "FulfillmentOrder"),
        "Fulfillment order does not exist.",
        code="FULFILLMENT_ORDER_NOT_FOUND",
        field=("id",),
    )


def _cancel_fulfillment_order(info: GraphQLResolveInfo[Any], call: Call, id: str) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        cancelled, replacement = fulfilment.cancel(call.world, _fulfillment_order(id))
        return {"fulfillment_order": cancelled, "replacement_fulfillment_order": replacement}

    empty = {"fulfillment_order": None, "replacement_fulfillment_order": None}
    return coded(answer(empty, act), "FULFILLMENT_ORDER_HAS_MANUALLY_REPORTED_PROGRESS")


def _move(info: GraphQLResolveInfo[Any], call: Call, id: str, new_location_id: str) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        place = number_of(new_location_id, "Location") or 0
        moved, original = fulfilment.move(call.world, _fulfillment_order(id), place)
        return {
            "moved_fulfillment_order": moved,
            "original_fulfillment_order": original or moved,
            "remaining_fulfillment_order": original,
        }

    empty = {
        "moved_fulfillment_order": None,
        "original_fulfillment_order": None,
        "remaining_fulfillment_order": None,
    }
    return coded(answer(empty, act), "CANNOT_MOVE_FULFILLMENT_ORDER_WITH_REPORTED_PROGRESS")


def _split(
    info: GraphQLResolveInfo[Any], call: Call, fulfillment_order_splits: list[dict[str, Any]]
) -> Payload:
    """Each fulfillment order in turn; the first that cannot be taken apart ends it."""
    refuse_key(info)

    def act() -> Payload:
        return {"fulfillment_order_splits": [_part(call, one) for one in fulfillment_order_splits]}

    empty = {"fulfillment_order_splits": None}
    return coded(
        answer(empty, act), "INVALID_LINE_ITEM_QUANTITY", "NO_LINE_ITEMS_PROVIDED_TO_SPLIT"
    )


def _part(call: Call, given: dict[str, Any]) -> Payload:
    number = _fulfillment_order(given["fulfillment_order_id"])
    lines = _lines(given["fulfillment_order_line_items"])
    if lines is None:
        raise Refused("Line items can't be blank.", code="NO_LINE_ITEMS_PROVIDED_TO_SPLIT")
    order, new = fulfilment.split(call.world, number, lines)
    return {
        "fulfillment_order": order,
        "remaining_fulfillment_order": new,
        "replacement_fulfillment_order": None,
    }


def _cancel_order(
    info: GraphQLResolveInfo[Any],
    call: Call,
    order_id: str,
    reason: str,
    restock: bool,
    refund: bool | None = None,
    refund_method: dict[str, Any] | None = None,
    notify_customer: bool = False,
    staff_note: str | None = None,
) -> Payload:
    """The platform's job is done before it answers, here; store credit is not served."""
    refuse_key(info)
    method = refund_method or {}
    if method.get("store_credit_refund"):
        raise not_served("A refund to store credit")

    def act() -> Payload:
        number = number_of(order_id, "Order") or 0
        money_back = bool(refund or method.get("original_payment_methods_refund"))
        orders.cancel(call.world, number, reason=reason.lower(), restock=restock, refund=money_back)
        return {"job": {"id": f"gid://shopify/Job/{call.world.new_uuid('job')}", "done": True}}

    payload = answer({"job": None}, act, errors="order_cancel_user_errors")
    return {**payload, "user_errors": payload["order_cancel_user_errors"]}


FULFILLING: dict[str, Callable[..., Payload]] = {
    "fulfillment_create": _fulfil,
    "fulfillment_order_cancel": _cancel_fulfillment_order,
    "fulfillment_order_line_items_prepared_for_pickup": _prepared,
    "fulfillment_order_move": _move,
    "fulfillment_order_split": _split,
    "order_cancel": _cancel_order,
}
