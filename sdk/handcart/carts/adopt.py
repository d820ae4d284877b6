"""Adopt: a guest's cart goes into the shopper's, once, and says what it did.

Adding up what both carts already shared would double it; taking the larger of two that know
nothing of each other would lose something. So: the larger where a line has shared history, the sum
where it has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .cart import Cart
from .line import Dot, Line, item_from_json, item_to_json
from .line_key import Item
from .policy import Rule

MOST = 100_000


@dataclass(frozen=True, slots=True)
class Adopted:
    """One line of a receipt: what each cart held, what the shopper's holds now, and the rule.

    ``dot`` names the entry that was made, so that exactly this can be taken back.
    """

    item: Item
    before: int
    guest: int
    now: int
    rule: str
    dot: Dot | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            **item_to_json(self.item),
            "before": self.before,
            "guest": self.guest,
            "now": self.now,
            "rule": self.rule,
            "dot": list(self.dot) if self.dot else None,
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Adopted:
        dot = state.get("dot")
        return cls(
            item_from_json(state),
            state["before"],
            state["guest"],
            state["now"],
            state["rule"],
            (dot[0], dot[1]) if dot else None,
        )


def adopt(
    owned: Cart,
    guest: Cart,
    *,
    shared: Set[str],
    device: str,
    at: datetime,
    most: int = MOST,
    rule: Rule = "usual",
) -> tuple[Cart, tuple[Adopted, ...]]:
    """The shopper's cart with the guest's lines in it, and a receipt with a line for each of them.

    ``shared`` names the lines with a common history; ``rule`` is "usual", "larger" or "sum". No
    line is raised above ``most``, and no gift is there twice or again once it was taken out. The
    caller sees to it that this happens once for a guest's cart, and never to one somebody else
    owns.
    """
    receipt = []
    for line in guest.shown():
        before, said, more = _more(owned, line, shared=shared, rule=rule, most=most)
        dot = None
        if more:
            owned = owned.add(line.item, more, device=device, at=at)
            dot = (device, owned.seen[device])
        receipt.append(Adopted(line.item, before, line.quantity, before + more, said, dot))
    return owned, tuple(receipt)


def set_aside(
    owned: Cart,
    saved: Cart,
    guest: Cart,
    *,
    shared: Set[str],
    rule: Rule,
    device: str,
    at: datetime,
) -> tuple[Cart, tuple[Adopted, ...]]:
    """The list for later with what the guest's cart has beyond the shopper's, and a receipt.

    The shopper's cart stays as it is; ``rule`` ("mine" or "ask") stands in the receipt.
    """
    receipt = []
    for line in guest.shown():
        before, _, more = _more(owned, line, shared=shared, rule="usual", most=MOST)
        missing = more - saved.quantity(line.item.key)
        if missing > 0:
            saved = saved.add(line.item, missing, device=device, at=at)
        receipt.append(
            Adopted(line.item, before, line.quantity, before, rule if more else "larger")
        )
    return saved, tuple(receipt)


def _more(
    owned: Cart, line: Line, *, shared: Set[str], rule: Rule, most: int
) -> tuple[int, str, int]:
    """How many the shopper has, by which rule there will be more, and how many more."""
    key = line.item.key
    before = owned.quantity(key)
    if line.item.is_gift:
        wanted = before if key in owned.refused else max(before, line.quantity)
        return before, "gift", wanted - before
    larger = rule == "larger" or (rule == "usual" and key in shared)
    wanted = max(before, line.quantity) if larger else before + line.quantity
    return before, "larger" if larger else "sum", min(wanted, max(most, before)) - before


def take_back(
    owned: Cart, saved: Cart, receipt: Iterable[Adopted], *, device: str, at: datetime
) -> tuple[Cart, Cart]:
    """The shopper's cart without what an adoption added, and the list with it: nothing is lost.

    Where the shopper has set or removed a line since, that is a wish of its own and stays.
    """
    for line in receipt:
        if line.dot is None:
            continue
        before = owned.quantity(line.item.key)
        owned = owned.without({line.dot})
        less = before - owned.quantity(line.item.key)
        if less > 0:
            saved = saved.add(line.item, less, device=device, at=at)
    return owned, saved
