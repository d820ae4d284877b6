"""Adopt: a guest's cart goes into the shopper's, once, and says what it did.

Adding up what both carts already shared would double it; taking the larger of two that know
nothing of each other would lose something. So: the larger where a line has shared history, the sum
where it has none.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .cart import Cart
from .line import item_to_json
from .line_key import Item

MOST = 100_000


@dataclass(frozen=True, slots=True)
class Adopted:
    """One line of a receipt: what each cart held, what the shopper's holds now, and the rule."""

    item: Item
    before: int
    guest: int
    now: int
    rule: str

    def to_json(self) -> dict[str, Any]:
        return {
            **item_to_json(self.item),
            "before": self.before,
            "guest": self.guest,
            "now": self.now,
            "rule": self.rule,
        }


def adopt(
    owned: Cart, guest: Cart, *, shared: Set[str], device: str, at: datetime, most: int = MOST
) -> tuple[Cart, tuple[Adopted, ...]]:
    """The shopper's cart with the guest's lines in it, and a receipt with a line for each of them.

    ``shared`` names the lines with a common history. No line is raised above ``most``. The caller
    sees to it that this happens once for a guest's cart, and never to a cart somebody else owns.
    """
    receipt = []
    for line in guest.shown():
        before, rule = owned.quantity(line.item.key), "sum"
        wanted = before + line.quantity
        if line.item.key in shared:
            wanted, rule = max(before, line.quantity), "larger"
        more = min(wanted, max(most, before)) - before
        if more:
            owned = owned.add(line.item, more, device=device, at=at)
        receipt.append(Adopted(line.item, before, line.quantity, before + more, rule))
    return owned, tuple(receipt)
