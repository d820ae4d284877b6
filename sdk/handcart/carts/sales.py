"""Sales at a till by name: what a basket carries, and its order brings back.

The platform's till gives an order no cart token. The name of the sale travels as an attribute of
the till's basket and comes back among the order's note attributes (shopify.dev, Cart API for POS);
it is random, and nobody but the till ever sees it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

ATTRIBUTE = "_handcart_sale"
PREFIX = "till:"
_SALE = re.compile(r"[0-9a-f]{32}\Z")


def new_sale() -> str:
    return secrets.token_hex(16)


def sale_token(attributes: Mapping[str, str]) -> str | None:
    """The cart token that an order's note attributes stand for; None when no till sold it."""
    sale = attributes.get(ATTRIBUTE, "")
    return f"{PREFIX}{sale}" if _SALE.match(sale) else None
