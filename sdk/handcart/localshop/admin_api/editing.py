"""``orderEdit…``: an order is edited step by step, and changed by the commit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from graphql import GraphQLResolveInfo

from .. import editing
from ..refusals import Refused
from .answers import Payload, answer
from .call import Call
from .idempotency import refuse_key
from .lists import number_of
from .things.edits import Calculated, of_added, of_line
from .wire import not_served

_EMPTY: Payload = {"calculated_order": None, "order_edit_session": None}
_LINE: Payload = {**_EMPTY, "calculated_line_item": None}


def _begin(info: GraphQLResolveInfo[Any], call: Call, id: str) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        return _edited(call, editing.begin(call.world, number_of(id, "Order") or 0).id)

    return answer(_EMPTY, act)


def _set_quantity(
    info: GraphQLResolveInfo[Any],
    call: Call,
    id: str,
    line_item_id: str,
    quantity: int,
    restock: bool | None = None,
    location_id: str | None = None,
) -> Payload:
    """Of lines that the order has, and where they are promised: nowhere else."""
    refuse_key(info)

    def act() -> Payload:
        edit_id, line_id = _session(id), number_of(line_item_id, "CalculatedLineItem") or 0
        edit = editing.set_quantity(call.world, edit_id, line_id, quantity, restock=bool(restock))
        line = of_line(edit, call.world.orders[edit.order_id].line(line_id))
        return {**_edited(call, edit_id), "calculated_line_item": line}

    return answer(_LINE, act)


def _add_variant(
    info: GraphQLResolveInfo[Any],
    call: Call,
    id: str,
    variant_id: str,
    quantity: int,
    location_id: str | None = None,
    allow_duplicates: bool | None = None,
) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        edit_id, number = _session(id), number_of(variant_id, "ProductVariant") or 0
        if not allow_duplicates and _has(call, edit_id, number):
            raise Refused("The variant is on the order.", code="INVALID", field=("variantId",))
        place = number_of(location_id, "Location") if location_id else None
        added = editing.add_variant(call.world, edit_id, number, quantity, location_id=place)
        return {**_edited(call, edit_id), "calculated_line_item": of_added(added)}

    return answer(_LINE, act)


def _discount(
    info: GraphQLResolveInfo[Any],
    call: Call,
    id: str,
    line_item_id: str,
    discount: dict[str, Any],
) -> Payload:
    """A fixed amount off each unit of an added line."""
    refuse_key(info)
    fixed = discount.get("fixed_value")
    if fixed is None or discount.get("percent_value") is not None:
        raise not_served("orderEditAddLineItemDiscount by percent")

    def act() -> Payload:
        edit_id, number = _session(id), number_of(line_item_id, "CalculatedLineItem") or 0
        off = int(Decimal(fixed["amount"]) * 100)
        added = editing.discount(call.world, edit_id, number, off)
        return {**_edited(call, edit_id), "calculated_line_item": of_added(added)}

    return answer(_LINE, act)


def _commit(
    info: GraphQLResolveInfo[Any],
    call: Call,
    id: str,
    notify_customer: bool | None = None,
    staff_note: str | None = None,
) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        order = editing.commit(call.world, _session(id), note=staff_note or "")
        return {"order": order, "success_messages": []}

    return answer({"order": None, "success_messages": []}, act)


def _edited(call: Call, edit_id: int) -> Payload:
    edit = editing.find(call.world, edit_id)
    return {"calculated_order": Calculated(edit), "order_edit_session": edit}


def _has(call: Call, edit_id: int, variant_id: int) -> bool:
    edit = editing.find(call.world, edit_id)
    sold = {line.variant_id for line in call.world.orders[edit.order_id].lines}
    return variant_id in sold | {one.variant_id for one in edit.added}


def _session(text: str) -> int:
    """The calculated order and the session have one number."""
    return number_of(text, "CalculatedOrder") or number_of(text, "OrderEditSession") or 0


EDITING: dict[str, Callable[..., Payload]] = {
    "order_edit_add_line_item_discount": _discount,
    "order_edit_add_variant": _add_variant,
    "order_edit_begin": _begin,
    "order_edit_commit": _commit,
    "order_edit_set_quantity": _set_quantity,
}
