"""Goods of a pickup that are sent instead: an order of their own, which costs nothing.

Nothing on the platform turns a pick-up fulfillment order into one that is shipped. A draft order
with an address is shipped like any other order (shopify.dev, "draftOrderComplete").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import UserError, UserErrors
from ..port import Admin, PostalAddress
from .documents import document
from .gid import gid, number_of

TAG = "sent-from-pickup"


def drafted(
    admin: Admin,
    order_id: int,
    lines: Sequence[tuple[int, int]],
    address: PostalAddress,
) -> int:
    """A draft for whoever placed the order; raises UserErrors for an address that is none."""
    order = admin.execute(document("order_buyer"), {"id": gid("Order", order_id)})["order"]
    if order is None:
        raise UserErrors([UserError("there is no such order (any more)", ("id",))])
    buyer = order["customer"]
    wanted: dict[str, Any] = {
        "email": order["email"],
        "note": order["name"],
        "tags": [TAG],
        "lineItems": [
            {"variantId": gid("ProductVariant", variant_id), "quantity": units}
            for variant_id, units in lines
        ],
        "appliedDiscount": {"value": 100, "valueType": "PERCENTAGE", "title": order["name"]},
        "shippingAddress": _address(address),
        "shippingLine": {
            "title": "Shipping",
            "priceWithCurrency": {"amount": "0.00", "currencyCode": order["currencyCode"]},
        },
    }
    if buyer:
        wanted["purchasingEntity"] = {"customerId": buyer["id"]}
    draft = admin.execute(document("draft_create"), {"input": wanted})["draftOrderCreate"]
    return number_of(draft["draftOrder"]["id"])


def placed(admin: Admin, draft_id: int) -> int:
    """The number of the order that the draft is now."""
    name = {"id": gid("DraftOrder", draft_id)}
    try:
        answer = admin.execute(document("draft_complete"), name)["draftOrderComplete"]
    except UserErrors:
        answer = admin.execute(document("draft_state"), name)
        if not answer["draftOrder"] or not answer["draftOrder"]["order"]:
            raise
    return number_of(answer["draftOrder"]["order"]["id"])


def _address(given: PostalAddress) -> dict[str, str]:
    first, _, last = given.name.rpartition(" ")
    told = {
        "firstName": first,
        "lastName": last,
        "address1": given.street,
        "address2": given.more,
        "zip": given.postcode,
        "city": given.town,
        "provinceCode": given.region,
        "countryCode": given.country,
        "phone": given.phone,
    }
    return {name: text for name, text in told.items() if text}
