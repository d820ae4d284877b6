"""One line of a cart that many devices change at once.

A line is a register with increments: the latest ``set`` is its base, every ``add`` since counts on
top. Each entry carries a dot, ``(device, sequence number)``, unique for ever; whoever knows the
version vector of a cart knows which dots its owner has seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .line_key import Item

Dot = tuple[str, int]
Vector = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """``stamp`` orders sets and never goes back on one line; microseconds since 1970."""

    kind: Literal["add", "set"]
    stamp: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Line:
    """``quantity`` is the latest base plus every increment that no base and no removal covers."""

    item: Item
    entries: Mapping[Dot, Entry]

    @property
    def quantity(self) -> int:
        base = max(
            ((e.stamp, dot, e.quantity) for dot, e in self.entries.items() if e.kind == "set"),
            default=(0, ("", 0), 0),
        )[2]
        return base + sum(e.quantity for e in self.entries.values() if e.kind == "add")

    @property
    def since(self) -> int:
        """The stamp of the oldest entry that still counts: lines are listed in this order."""
        return min((entry.stamp for entry in self.entries.values()), default=0)

    def beyond(self, seen: Vector) -> dict[Dot, Entry]:
        """The entries that somebody who has seen ``seen`` does not know."""
        return {dot: entry for dot, entry in self.entries.items() if not covers(seen, dot)}

    def next_stamp(self, now: int) -> int:
        """``now``, or one more than the newest entry when the clock stands behind it."""
        return max(now, max((e.stamp for e in self.entries.values()), default=0) + 1)

    def to_json(self) -> dict[str, Any]:
        return {
            **item_to_json(self.item),
            "entries": [
                [device, number, entry.kind, entry.stamp, entry.quantity]
                for (device, number), entry in sorted(self.entries.items())
            ],
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Line:
        entries = {
            (device, number): Entry(kind, stamp, quantity)
            for device, number, kind, stamp, quantity in state["entries"]
        }
        return cls(item_from_json(state), entries)


def covers(seen: Vector, dot: Dot) -> bool:
    return seen.get(dot[0], 0) >= dot[1]


def joined(vectors: Iterable[Vector]) -> dict[str, int]:
    """The pointwise maximum: what all of them together have seen."""
    result: dict[str, int] = {}
    for vector in vectors:
        for device, number in vector.items():
            result[device] = max(number, result.get(device, 0))
    return result


def item_to_json(item: Item) -> dict[str, Any]:
    """Plain JSON; ``parent`` is there only for a line that is nested under another."""
    state = {
        "variant_id": item.variant_id,
        "selling_plan": item.selling_plan,
        "properties": dict(item.properties),
    }
    return {**state, "parent": item.parent} if item.parent else state


def item_from_json(state: Mapping[str, Any]) -> Item:
    parent = state.get("parent", "")
    return Item.of(state["variant_id"], state["selling_plan"], state["properties"], parent=parent)
