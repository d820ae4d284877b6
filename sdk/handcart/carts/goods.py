"""What the lines of a cart looked like when somebody last saw them: titles, pictures and prices.

The platform alone knows what a line costs now; its script tells us with every report. A line that
comes back after 400 days, or on another device, is compared with what its shopper last saw, once:
then the new price is what was seen. A price in one currency says nothing about one in another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .line import item_to_json
from .line_key import Item

# By line key: title, url, image, and ``prices`` from currency to minor units.
Known = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Good:
    """One line as a browser shows it; ``price`` in minor units of ``currency``, before discounts.

    It comes from the shopper's own browser: shown to the shopper and to staff, never charged.
    """

    title: str
    price: int
    currency: str
    url: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A line costs ``now`` what it did not cost ``before``; minor units of ``currency``."""

    item: Item
    before: int
    now: int
    currency: str

    def to_json(self) -> dict[str, Any]:
        money = {"before": self.before, "now": self.now, "currency": self.currency}
        return {**item_to_json(self.item), **money}


def compared(
    known: Known, seen: Mapping[Item, Good], *, kept: Collection[str]
) -> tuple[Known, tuple[PriceChange, ...]]:
    """What is known after ``seen``, and which prices are not what they were.

    Only the lines ``kept`` are remembered: a line that is gone comes back as a new one.
    """
    after = {key: what for key, what in known.items() if key in kept}
    changes = []
    for item, good in seen.items():
        if item.key not in kept:
            continue
        prices = dict(known.get(item.key, {}).get("prices", {}))
        before = prices.get(good.currency)
        if before is not None and before != good.price:
            changes.append(PriceChange(item, before, good.price, good.currency))
        prices[good.currency] = good.price
        shown = {"title": good.title, "url": good.url, "image": good.image}
        after[item.key] = {**shown, "prices": prices}
    return after, tuple(changes)
