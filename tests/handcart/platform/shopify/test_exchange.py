from __future__ import annotations

from typing import Any

import pytest

from handcart.errors import UserErrors
from handcart.platform.port import Swap
from handcart.platform.shopify.exchange import edited

from .test_platform import Scripted

ORDER = {"order": {"id": "gid://shopify/Order/1"}, "assignedLocation": {"location": None}}
SOLD = "gid://shopify/LineItem/5"
EDIT = "gid://shopify/CalculatedOrder/9"


def owing(amount: str, currency: str) -> dict[str, Any]:
    return {
        "id": EDIT,
        "lineItems": {"nodes": [{"id": "gid://shopify/CalculatedLineItem/5", "quantity": 3}]},
        "totalOutstandingSet": {"shopMoney": {"amount": amount, "currencyCode": currency}},
    }


def platform(currency: str, *, more: str, left: str) -> Scripted:
    """One whose edit asks for ``more``, and after the discount for ``left``."""
    line = {"id": "gid://shopify/CalculatedLineItem/new"}
    return Scripted(
        edit_begin=[{"orderEditBegin": {"calculatedOrder": owing("0", currency)}}],
        edit_set_quantity=[{"orderEditSetQuantity": {"calculatedOrder": {"id": EDIT}}}],
        edit_add_variant=[
            {
                "orderEditAddVariant": {
                    "calculatedOrder": owing(more, currency),
                    "calculatedLineItem": line,
                }
            }
        ],
        edit_discount=[
            {"orderEditAddLineItemDiscount": {"calculatedOrder": owing(left, currency)}}
        ],
        edit_commit=[{"orderEditCommit": {"order": {"id": "gid://shopify/Order/1"}}}],
    )


@pytest.mark.parametrize(
    ("currency", "more", "each"),
    [
        ("EUR", "4.00", "1.34"),
        ("JPY", "400", "134"),
        ("BHD", "4.000", "1.334"),
        ("EUR", "0.01", "0.01"),
    ],
)
def test_what_a_substitute_costs_more_is_taken_off_in_coins_that_there_are(
    currency: str, more: str, each: str
) -> None:
    admin = platform(currency, more=more, left="0")
    edited(admin, ORDER, SOLD, Swap(5, 77, 3), units=3)
    asked = dict(admin.asked)
    money = asked["edit_discount"]["discount"]["fixedValue"]
    assert money == {"amount": each, "currencyCode": currency}
    assert [name for name, _ in admin.asked][-1] == "edit_commit"


def test_an_edit_that_still_costs_more_is_never_committed() -> None:
    admin = platform("EUR", more="4.00", left="0.02")
    with pytest.raises(UserErrors, match="more than before"):
        edited(admin, ORDER, SOLD, Swap(5, 77, 3), units=3)
    assert "edit_commit" not in dict(admin.asked)


def test_a_substitute_that_costs_no_more_is_not_made_cheaper() -> None:
    admin = platform("EUR", more="-1.00", left="0")
    edited(admin, ORDER, SOLD, Swap(5, 77, 3), units=3)
    assert [name for name, _ in admin.asked] == [
        "edit_begin",
        "edit_set_quantity",
        "edit_add_variant",
        "edit_commit",
    ]
