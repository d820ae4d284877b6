"""What to send so that units that nobody was handed leave an order, and their price goes back.

shopify.dev, "refundCreate": ``CANCEL`` takes them off their fulfillment order and makes them
available again. Cancelling the fulfillment order instead would put an equal one in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

Node = Mapping[str, Any]


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


def idempotency_key(key: str) -> str:
    """The platform wants a UUID; the same for the same task."""
    return str(uuid5(NAMESPACE_URL, key))
