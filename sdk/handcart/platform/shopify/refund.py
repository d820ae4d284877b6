"""What to send so that units that nobody was handed leave an order, and their price goes back.

shopify.dev, "refundCreate": ``CANCEL`` takes them off their fulfillment order and makes them
available again. Cancelling the fulfillment order instead would put an equal one in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..port import Admin
from .documents import document
from .gid import gid

Node = Mapping[str, Any]


def refunded(
    admin: Admin,
    fulfillment_order_id: int,
    lines: Mapping[str, int],
    left: Mapping[str, int],
    *,
    key: str,
    money: bool = True,
) -> None:
    """``lines`` leave the order as far as they are there; without ``money`` nothing is paid back.

    The platform then writes the difference down as a discrepancy: the order owes nobody anything.
    """
    whole = gid("FulfillmentOrder", fulfillment_order_id)
    node = admin.execute(document("refundable"), {"id": whole})["fulfillmentOrder"]
    units = still_to_take(node, lines, left) if node else {}
    if node is None or not units:
        return
    order_id, given = node["order"]["id"], refund_lines(node, units)
    wanted = {
        "orderId": order_id,
        "refundLineItems": given,
        "transactions": _suggested(admin, order_id, given) if money else [],
        "notify": money,
    }
    admin.execute(document("refund"), {"input": wanted, "key": idempotency_key(key)})


def still_to_take(node: Node, lines: Mapping[str, int], left: Mapping[str, int]) -> dict[str, int]:
    """Of ``lines`` what has not been taken back yet: order line (global id) to units."""
    taken: dict[str, int] = {}
    for line in node["lineItems"]["nodes"]:
        number = line["id"].rpartition("/")[2]
        over = line["remainingQuantity"] - left.get(number, 0)
        units = min(lines.get(number, 0), over)
        if units > 0:
            sold = line["lineItem"]["id"]
            taken[sold] = taken.get(sold, 0) + units
    return taken


def refund_lines(node: Node, units: Mapping[str, int]) -> list[dict[str, Any]]:
    place = node["assignedLocation"]["location"]
    where = {"locationId": place["id"]} if place else {}
    kind = "CANCEL" if place else "NO_RESTOCK"
    return [
        {"lineItemId": sold, "quantity": count, "restockType": kind, **where}
        for sold, count in units.items()
    ]


def transactions(order_id: str, suggested: Sequence[Node]) -> list[dict[str, Any]]:
    """Every payment gives back what the platform suggests; nothing where there was none."""
    return [
        {
            "orderId": order_id,
            "parentId": one["parentTransaction"]["id"],
            "gateway": one["gateway"],
            "kind": "REFUND",
            "amount": one["amountSet"]["shopMoney"]["amount"],
        }
        for one in suggested
        if one["parentTransaction"]
    ]


def _suggested(
    admin: Admin, order_id: str, lines: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    asked = {"orderId": order_id, "lines": lines}
    order = admin.execute(document("suggested_refund"), asked)["order"]
    return transactions(order_id, order["suggestedRefund"]["suggestedTransactions"])


def idempotency_key(key: str) -> str:
    """The platform wants a UUID; the same for the same task."""
    return str(uuid5(NAMESPACE_URL, key))
