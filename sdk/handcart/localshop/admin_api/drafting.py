"""``draftOrderCreate`` and ``draftOrderComplete``: goods that are sent, at their price or free."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from graphql import GraphQLResolveInfo

from .. import drafts
from ..refusals import Refused
from ..world import Address, OrderLine, Shipping
from .answers import Payload, answer
from .call import Call
from .idempotency import refuse_key
from .lists import number_of
from .wire import not_served

_SERVED = {
    "applied_discount",
    "email",
    "line_items",
    "note",
    "purchasing_entity",
    "shipping_address",
    "shipping_line",
    "tags",
}


def _create(info: GraphQLResolveInfo[Any], call: Call, input: dict[str, Any]) -> Payload:
    """Variants that are sent to an address, at a discount of 100 % or of none."""
    refuse_key(info)
    for name in sorted(set(input) - _SERVED):
        raise not_served(f"draftOrderCreate with {name}")
    free = _is_free(input.get("applied_discount"))

    def act() -> Payload:
        draft = drafts.create(
            call.world,
            lines=[_line(each) for each in input.get("line_items") or []],
            email=input.get("email") or "",
            customer_id=_customer(input.get("purchasing_entity") or {}),
            delivery=_delivery(input),
            free=free,
            note=input.get("note"),
            tags=input.get("tags") or (),
        )
        return {"draft_order": draft}

    return answer({"draft_order": None}, act)


def _complete(
    info: GraphQLResolveInfo[Any],
    call: Call,
    id: str,
    payment_gateway_id: str | None = None,
    payment_pending: bool | None = None,
    source_name: str | None = None,
) -> Payload:
    refuse_key(info)
    if payment_pending:
        raise not_served("draftOrderComplete that is paid later")

    def act() -> Payload:
        return {"draft_order": drafts.complete(call.world, number_of(id, "DraftOrder") or 0)}

    return answer({"draft_order": None}, act)


def _line(given: dict[str, Any]) -> OrderLine:
    if not given.get("variant_id"):
        raise not_served("draftOrderCreate with a custom line")
    return OrderLine(number_of(given["variant_id"], "ProductVariant") or 0, given["quantity"])


def _is_free(discount: dict[str, Any] | None) -> bool:
    if discount and (discount["value_type"], discount["value"]) != ("PERCENTAGE", 100):
        raise not_served("draftOrderCreate with a discount of less than all of it")
    return discount is not None


def _customer(buyer: dict[str, Any]) -> int | None:
    return number_of(buyer["customer_id"], "Customer") if buyer.get("customer_id") else None


def _delivery(given: dict[str, Any]) -> Shipping:
    where = given.get("shipping_address")
    if not where:
        raise not_served("draftOrderCreate without a shipping address")
    if not where.get("address1") or not where.get("city") or not where.get("country_code"):
        field = ("shippingAddress",)
        raise Refused("Shipping address is not valid", code="INVALID", field=field)
    line = given.get("shipping_line") or {}
    price = (line.get("price_with_currency") or {}).get("amount", "0")
    return Shipping(_address(where), int(Decimal(price) * 100), line.get("title") or "Shipping")


def _address(given: dict[str, Any]) -> Address:
    names = ("first_name", "last_name", "address1", "city", "zip", "country_code", "phone")
    more = ("address2", "company", "province_code")
    return Address(**{name: given.get(name) or "" for name in (*names, *more)})


DRAFTING: dict[str, Callable[..., Payload]] = {
    "draft_order_complete": _complete,
    "draft_order_create": _create,
}
