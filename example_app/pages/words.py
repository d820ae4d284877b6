"""The words for codes: why something was refused or cancelled, and what a topic means."""

from __future__ import annotations

from collections.abc import Mapping

from handcart.errors import HandcartError

from .translate import Words, lazy_gettext

REFUSALS: Mapping[str, Words] = {
    "code_wrong": lazy_gettext("That is not the code of this order. Ask to see it again."),
    "code_locked": lazy_gettext(
        "Too many wrong codes. Try again in 15 minutes, or check an identity card."
    ),
    "code_missing": lazy_gettext("Type the code the customer shows."),
    "invalid_transition": lazy_gettext("This order has moved on meanwhile. Look at it again."),
    "stale_write": lazy_gettext("A colleague was faster. Look at the order again."),
    "reason_unknown": lazy_gettext("Choose why the order is cancelled."),
    "form_too_old": lazy_gettext("This page was open for too long. Please try once more."),
}
STAFF_REASONS: Mapping[str, Words] = {
    "customer_asked": lazy_gettext("The customer asked for it"),
    "out_of_stock": lazy_gettext("Not in stock after all"),
    "damaged": lazy_gettext("Damaged"),
    "never_came": lazy_gettext("Nobody came for it"),
    "other": lazy_gettext("Another reason"),
}
SHOPPER_REASONS: Mapping[str, Words] = {
    "changed_mind": lazy_gettext("You cancelled this order."),
    "customer_asked": lazy_gettext("The store cancelled it because you asked."),
    "out_of_stock": lazy_gettext("We are sorry: an item was not in stock after all."),
    "damaged": lazy_gettext("We are sorry: an item was damaged."),
    "never_came": lazy_gettext("It was not collected in time."),
}

TOPICS: Mapping[str, Words] = {
    "carts/create": lazy_gettext("New cart"),
    "carts/update": lazy_gettext("Cart changed"),
    "orders/create": lazy_gettext("New order"),
    "orders/updated": lazy_gettext("Order changed"),
    "orders/cancelled": lazy_gettext("Order cancelled"),
    "fulfillment_orders/order_routing_complete": lazy_gettext("Order assigned to a store"),
    "inventory_levels/update": lazy_gettext("Stock changed"),
    "app/uninstalled": lazy_gettext("App removed"),
    "customers/data_request": lazy_gettext("A customer asks for their data"),
    "customers/redact": lazy_gettext("A customer is to be forgotten"),
    "shop/redact": lazy_gettext("The shop is to be forgotten"),
}


def refusal(error: HandcartError) -> str:
    """Why not, for whoever looks at the page; unknown codes are not a page's to explain."""
    if error.code not in REFUSALS:
        raise error
    return REFUSALS[error.code].now()
