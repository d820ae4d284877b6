"""Other goods in the place of some, by an edit of the order; nobody pays more for them.

shopify.dev, "Edit existing orders": an edit changes nothing before its commit, and the commit
changes all of it. How much is asked of the shopper is the platform's to say, taxes and the
order's own discounts among it: what an edit would add to that is taken off what is added, and an
edit that would still ask for more is never committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_UP, Decimal
from typing import Any

from babel.numbers import get_currency_precision

from ...errors import UserError, UserErrors
from ..port import Admin, Swap
from . import refund
from .documents import document
from .gid import gid, number_of

Node = Mapping[str, Any]
_PAYMENTS = ("SALE", "CAPTURE")


def edited(admin: Admin, node: Node, sold: str, swap: Swap, *, units: int) -> None:
    """``units`` of the order line ``sold`` are the variant of ``swap`` from now on.

    ``node`` is the fulfillment order that the line is of. Raises UserErrors, and nothing is
    changed, where the platform refuses or the shopper would have to pay more.
    """
    begun = _run(admin, "edit_begin", id=node["order"]["id"])["orderEditBegin"]
    edit, before = begun["calculatedOrder"]["id"], _owed(begun)
    line = _line(begun, sold)
    less = line["quantity"] - units
    _run(admin, "edit_set_quantity", id=edit, lineItemId=line["id"], quantity=less)
    place = node["assignedLocation"]["location"]
    where = {"locationId": place["id"]} if place else {}
    variant = gid("ProductVariant", swap.variant_id)
    added = _run(admin, "edit_add_variant", id=edit, variantId=variant, quantity=units, **where)[
        "orderEditAddVariant"
    ]
    more = _owed(added) - before
    if more > 0:
        _take_off(admin, edit, added, more=more, units=units)
    _run(admin, "edit_commit", id=edit)


def difference_returned(admin: Admin, order_id: str, *, key: str) -> None:
    """What the order owes the shopper since it costs less is given back; once."""
    order = _run(admin, "order_payments", id=order_id)["order"]
    owed = -_amount(order["totalOutstandingSet"]) if order else Decimal()
    if owed <= 0:
        return
    wanted = {
        "orderId": order_id,
        "transactions": list(_returned(order_id, order["transactions"], owed)),
        "notify": True,
    }
    _run(admin, "refund", input=wanted, key=refund.idempotency_key(f"{key}:difference"))


def _take_off(admin: Admin, edit: str, added: Node, *, more: Decimal, units: int) -> None:
    """``more`` less for what was added: nothing is owed for it that was not owed before."""
    currency = _currency(added["calculatedOrder"]["totalOutstandingSet"])
    smallest = Decimal(1).scaleb(-get_currency_precision(currency))
    money = {
        "amount": str((more / units).quantize(smallest, rounding=ROUND_UP)),
        "currencyCode": currency,
    }
    now = _run(
        admin,
        "edit_discount",
        id=edit,
        lineItemId=added["calculatedLineItem"]["id"],
        discount={"fixedValue": money},
    )["orderEditAddLineItemDiscount"]
    if _owed(now) > _owed(added) - more:
        message = "the order would cost more than before"
        raise UserErrors([UserError(message, ("discount",))])


def _line(begun: Node, sold: str) -> Node:
    """The line as the edit has it; it has the number of the order's line."""
    number = number_of(sold)
    lines = begun["calculatedOrder"]["lineItems"]["nodes"]
    found: Node | None = next((line for line in lines if number_of(line["id"]) == number), None)
    if found is None:
        message = "the line is none of those that can be edited"
        raise UserErrors([UserError(message, ("lineItemId",))])
    return found


def _returned(order_id: str, payments: Sequence[Node], owed: Decimal) -> Iterator[dict[str, Any]]:
    """Each payment gives back at most what it brought."""
    for one in payments:
        if one["kind"] not in _PAYMENTS or one["status"] != "SUCCESS":
            continue
        amount = min(owed, _amount(one["amountSet"]))
        owed -= amount
        if amount > 0:
            yield {
                "orderId": order_id,
                "parentId": one["id"],
                "gateway": one["gateway"],
                "kind": "REFUND",
                "amount": str(amount),
            }


def _owed(answer: Node) -> Decimal:
    return _amount(answer["calculatedOrder"]["totalOutstandingSet"])


def _amount(money: Node) -> Decimal:
    return Decimal(money["shopMoney"]["amount"])


def _currency(money: Node) -> str:
    return str(money["shopMoney"]["currencyCode"])


def _run(admin: Admin, name: str, **variables: Any) -> dict[str, Any]:
    return admin.execute(document(name), variables)
