"""The steps from a cart to an order, counted by day. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

# As the platform names its customer events (shopify.dev, Web pixels, Standard events).
STEPS = ("cart_viewed", "product_added_to_cart", "checkout_started", "checkout_completed")


@dataclass(frozen=True, slots=True)
class DayOnTheWeb:
    """How many browser sessions came to each step on a day of the shop's own calendar."""

    day: date
    counts: Mapping[str, int] = field(default_factory=dict)

    def count(self, step: str) -> int:
        return self.counts.get(step, 0)
