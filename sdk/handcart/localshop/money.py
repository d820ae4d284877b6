"""Money on the wire: minor units inside, decimal strings outside."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def decimal_string(minor: int) -> str:
    """Two decimals and a point: 1250 is ``12.50``. Every currency served here has two."""
    return str((Decimal(minor) / 100).quantize(Decimal("0.01")))


def money_set(minor: int, currency: str) -> dict[str, Any]:
    """The platform's pair of shop money and presentment money, which are equal here."""
    return {
        "shop_money": {"amount": decimal_string(minor), "currency_code": currency},
        "presentment_money": {"amount": decimal_string(minor), "currency_code": currency},
    }
