"""How customers answer."""

from __future__ import annotations

from ..lists import orders_page
from .readers import Reader, always, identified, mailing_address, text

CUSTOMER: dict[str, Reader] = {
    **identified("Customer"),
    "default_address": lambda customer, call: mailing_address(customer.address, customer.id),
    "default_email_address": lambda customer, call: (
        {"email_address": customer.email, "valid_format": True} if customer.email else None
    ),
    "default_phone_number": lambda customer, call: (
        {"phone_number": customer.phone} if customer.phone else None
    ),
    "display_name": lambda customer, call: customer.name or customer.email,
    "locale": always("en"),
    "note": always(None),
    "number_of_orders": lambda customer, call: len(call.world.orders_of(customer.id)),
    "orders": lambda customer, call, **page: orders_page(
        call, call.world.orders_of(customer.id), **page
    ),
    "phone": text("phone"),
    "state": lambda customer, call: "ENABLED" if customer.password else "DISABLED",
    "tags": always([]),
    "tax_exempt": always(False),
    "verified_email": always(True),
}
