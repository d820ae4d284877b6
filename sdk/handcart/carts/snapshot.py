"""What somebody saw in a platform cart at one moment, and when they may be believed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from .line_key import Item


@dataclass(frozen=True, slots=True)
class SnapshotLine:
    """One line as the platform shows it; two of them may be one line of ours.

    ``parent`` is the place, in the same cart, of the line that this one is nested under.
    """

    variant_id: int
    quantity: int
    properties: Mapping[str, str] = field(default_factory=dict)
    selling_plan: int | None = None
    parent: int | None = None

    def item(self, parent: str = "") -> Item:
        return Item.of(self.variant_id, self.selling_plan, self.properties, parent=parent)


def items_of(lines: Sequence[SnapshotLine]) -> list[Item]:
    """What each line is of. A parent that is not there, or a ring of them, counts as none."""

    def item(place: int, below: frozenset[int]) -> Item:
        line = lines[place]
        over = line.parent
        if over is None or not 0 <= over < len(lines) or over in below:
            return line.item()
        return line.item(item(over, below | {over}).key)

    return [item(place, frozenset({place})) for place in range(len(lines))]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The lines of one platform cart by our line key, equal ones added up, empty ones left out.

    ``keys`` are the line keys in the platform's order, one for each of its lines.
    """

    items: Mapping[str, Item]
    quantities: Mapping[str, int]
    keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, lines: Sequence[SnapshotLine]) -> Snapshot:
        items: dict[str, Item] = {}
        quantities: dict[str, int] = {}
        found = items_of(lines)
        for item, line in zip(found, lines, strict=True):
            if line.quantity > 0:
                items[item.key] = item
                quantities[item.key] = quantities.get(item.key, 0) + line.quantity
        return cls(items, quantities, tuple(item.key for item in found))

    @property
    def content(self) -> str:
        return content(self.quantities)


def content(quantities: Mapping[str, int]) -> str:
    """A short name for what is in a cart: equal carts have equal names."""
    text = ",".join(f"{key}:{n}" for key, n in sorted(quantities.items()) if n > 0)
    return sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Mark:
    """What the browser wrote into the platform cart together with our lines, in one call.

    ``version`` is the target it wrote; ``whole`` is false while some lines of that target still
    have to be written one by one. The mark travels with the cart: it survives a closed page, a
    second tab and a browser that keeps nothing.
    """

    version: int
    whole: bool = True

    @classmethod
    def read(cls, text: str) -> Mark | None:
        """``17`` or ``17~`` (not whole); whatever else somebody put there is no mark."""
        match = re.fullmatch(r"([0-9]{1,15})(~?)", text)
        return cls(int(match[1]), not match[2]) if match else None


@dataclass(frozen=True, slots=True)
class Report:
    """What the storefront script read in its platform cart.

    ``read_at`` counts the browser's milliseconds and tells an older report from a newer one;
    ``refused`` names the lines that the platform would not raise to what we asked for, ``gone``
    those of them that it does not know any more.
    """

    snapshot: Snapshot
    mark: Mark | None = None
    read_at: int | None = None
    refused: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
