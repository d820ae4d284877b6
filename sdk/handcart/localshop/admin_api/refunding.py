"""``refundCreate``: units that nobody was handed leave the order, and money goes back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from graphql import GraphQLResolveInfo

from .. import refunds
from ..refusals import Refused
from .answers import Payload, answer
from .call import Call
from .idempotency import once
from .lists import number_of
from .wire import not_served

_NOT_SERVED = ("currency", "refund_duties", "refund_methods", "shipping", "allow_over_refunding")


def _create(info: GraphQLResolveInfo[Any], call: Call, input: dict[str, Any]) -> Payload:
    """Lines and transactions; duties, shipping and store credit have no behaviour here."""
    for name in _NOT_SERVED:
        if input.get(name):
            raise not_served(f"refundCreate with {name}")

    def act() -> Payload:
        order_id = number_of(input["order_id"], "Order") or 0
        given = input.get("refund_line_items") or []
        refund = refunds.create(
            call.world,
            order_id,
            lines_of(given),
            amount=sum(_minor(each) for each in input.get("transactions") or []),
            restock=_restocks(given),
            note=input.get("note") or "",
        )
        return {"refund": refund, "order": call.world.orders[order_id]}

    return answer({"refund": None, "order": None}, lambda: once(info, call, input, act))


def lines_of(given: list[dict[str, Any]]) -> dict[int, int]:
    """Line item id to units."""
    lines: dict[int, int] = {}
    for each in given:
        line_id = number_of(each["line_item_id"], "LineItem") or 0
        lines[line_id] = lines.get(line_id, 0) + each["quantity"]
    return lines


def _restocks(given: list[dict[str, Any]]) -> bool:
    kinds = {each.get("restock_type") or "NO_RESTOCK" for each in given}
    if kinds - set(refunds.RESTOCK_TYPES) or len(kinds) > 1:
        raise not_served("refundCreate for units that were handed over")
    return kinds == {"CANCEL"}


def _minor(transaction: dict[str, Any]) -> int:
    if transaction["kind"] != "REFUND" or not transaction.get("parent_id"):
        raise Refused(
            "Refund transactions must have a parent", code="INVALID", field=("transactions",)
        )
    return int(Decimal(transaction["amount"]) * 100)


REFUNDING: dict[str, Callable[..., Payload]] = {"refund_create": _create}
