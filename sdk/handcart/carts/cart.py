"""A cart that converges: two operations on it that never know of each other lose nothing.

*Replicate* (one owner, many devices) is ``join``: commutative, associative, idempotent. The state
is an optimised observed-remove map: each line holds its live entries, and one version vector for
the whole cart says which dots were ever seen, so that a removed line leaves no tombstone. A remove
and a set take away only what their device had seen; what another device added meanwhile stays.

*Adopt* (a guest's cart into a shopper's, once) is another operation; see ``adopt.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from .line import Dot, Entry, Line, Vector, covers, joined
from .line_key import Item

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cart:
    """``lines`` by line key, only those with a live entry; ``seen`` is the version vector.

    ``refused`` are the gifts, by line key, that somebody has ever taken out.
    """

    seen: Vector = field(default_factory=dict)
    lines: Mapping[str, Line] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()

    def quantity(self, key: str) -> int:
        line = self.lines.get(key)
        return line.quantity if line else 0

    def quantities(self) -> dict[str, int]:
        """Line key to quantity, for every line that shows; oldest first."""
        return {line.item.key: line.quantity for line in self.shown()}

    def shown(self) -> Iterator[Line]:
        """The lines with a quantity above zero, oldest first; none without its parent."""
        visible = (line for line in self.lines.values() if self._shows(line))
        return iter(sorted(visible, key=lambda line: (line.since, line.item.key)))

    def add(self, item: Item, quantity: int, *, device: str, at: datetime) -> Cart:
        """``quantity`` more, whatever other devices do at the same time."""
        return self._with("add", item, quantity, device=device, at=at, knows={})

    def set(self, item: Item, quantity: int, *, device: str, at: datetime, knows: Vector) -> Cart:
        """Exactly ``quantity`` of all that ``device`` knows; what it has not seen stays on top."""
        return self._with("set", item, quantity, device=device, at=at, knows=knows)

    def remove(self, key: str, *, device: str, knows: Vector) -> Cart:
        """Everything that ``device`` knows of the line is gone; the rest stays."""
        line = self.lines.get(key)
        if line is None:
            return self
        left = self._replaced(Line(line.item, line.beyond(self._known_to(device, knows))))
        return replace(left, refused=self.refused | {key}) if line.item.is_gift else left

    def without(self, dots: Set[Dot]) -> Cart:
        """Exactly these entries are gone, those of them that still count."""
        cart = self
        for line in [one for one in self.lines.values() if not dots.isdisjoint(one.entries)]:
            left = {dot: entry for dot, entry in line.entries.items() if dot not in dots}
            cart = cart._replaced(Line(line.item, left))
        return cart

    def join(self, other: Cart) -> Cart:
        """Both carts in one: an entry is gone when one side has seen it and no longer holds it."""
        lines = {}
        for key in {*self.lines, *other.lines}:
            entries = _surviving(self, other, key) | _surviving(other, self, key)
            if entries:
                lines[key] = Line((self.lines.get(key) or other.lines[key]).item, entries)
        return Cart(joined((self.seen, other.seen)), lines, self.refused | other.refused)

    def to_json(self) -> dict[str, Any]:
        lines = [line.to_json() for _, line in sorted(self.lines.items())]
        refused = {"refused": sorted(self.refused)} if self.refused else {}
        return {"seen": dict(sorted(self.seen.items())), "lines": lines, **refused}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Cart:
        lines = [Line.from_json(line) for line in state["lines"]]
        by_key = {line.item.key: line for line in lines}
        return cls(dict(state["seen"]), by_key, frozenset(state.get("refused", ())))

    def _shows(self, line: Line) -> bool:
        """A nested line shows while the line it hangs on does; a chain that is a ring does not."""
        passed: set[str] = set()
        found: Line | None = line
        while found is not None and found.quantity > 0 and found.item.key not in passed:
            if not found.item.parent:
                return True
            passed.add(found.item.key)
            found = self.lines.get(found.item.parent)
        return False

    def _with(
        self, kind: Any, item: Item, quantity: int, *, device: str, at: datetime, knows: Vector
    ) -> Cart:
        line = self.lines.get(item.key) or Line(item, {})
        number = self.seen.get(device, 0) + 1
        kept = line.beyond(self._known_to(device, knows)) if kind == "set" else line.entries
        entry = Entry(kind, line.next_stamp(microseconds(at)), quantity)
        changed = self._replaced(Line(item, {**kept, (device, number): entry}))
        return replace(changed, seen={**self.seen, device: number})

    def _known_to(self, device: str, knows: Vector) -> dict[str, int]:
        """A device knows what it was told and what it did itself."""
        return joined((knows, {device: self.seen.get(device, 0)}))

    def _replaced(self, line: Line) -> Cart:
        lines = {**self.lines, line.item.key: line}
        if not line.entries:
            del lines[line.item.key]
        return replace(self, lines=lines)


def microseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)


def moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _surviving(mine: Cart, theirs: Cart, key: str) -> dict[Dot, Entry]:
    """My entries of a line, without those that the other side has seen and dropped."""
    line, other = mine.lines.get(key), theirs.lines.get(key)
    held = other.entries if other else {}
    return {
        dot: entry
        for dot, entry in (line.entries.items() if line else ())
        if dot in held or not covers(theirs.seen, dot)
    }
