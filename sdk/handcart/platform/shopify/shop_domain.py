"""Which names are shops: everything that builds an address of the platform asks here first."""

from __future__ import annotations

import re

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com")


def shop_domain(text: str) -> str | None:
    """The full domain in lower case, or None when ``text`` is not a shop's.

    The whole text has to match (no trailing newline, no user-info, port, path or second suffix)
    and has to be ASCII before it is lower-cased: U+212A lower-cases to an innocent ``k``. A label
    longer than 63 characters has no address (RFC 1035).
    """
    if not text.isascii():
        return None
    lowered = text.lower()
    return lowered if _SHOP.fullmatch(lowered) else None
