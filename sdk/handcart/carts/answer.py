"""What a browser is told: what its platform cart should hold, and exactly what to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..shoppers.model import Visit
from .cart import Cart, microseconds
from .line_key import Item
from .platform_cart import PlatformCart
from .sighting import Sighting
from .snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Change:
    """One line that is not what the browser reported; ``short`` when the platform refused more."""

    item: Item
    before: int
    now: int


@dataclass(frozen=True, slots=True)
class Answer:
    """``sets`` are (index of the reported line, quantity), ``adds`` lines that it does not have.

    ``again`` is in how many seconds to ask again; ``read_at`` the newest report known. With
    ``stale`` nothing else counts: read the cart again and report it.
    """

    device_id: str | None = None
    version: int = 0
    lines: tuple[tuple[Item, int], ...] = ()
    sets: tuple[tuple[int, int], ...] = ()
    adds: tuple[tuple[Item, int], ...] = ()
    changed: tuple[Change, ...] = ()
    short: tuple[tuple[Item, int], ...] = ()
    cleared: bool = False
    stale: bool = False
    read_at: int = 0
    again: float | None = None


def nothing(who: Visit | None = None) -> Answer:
    """There is nothing to keep and nothing to write."""
    return Answer(device_id=who.device_id if who else None)


def stale(memory: PlatformCart) -> Answer:
    return Answer(stale=True, version=memory.version, read_at=memory.read_at)


def cleared(who: Visit, memory: PlatformCart) -> Answer:
    """The browser has to forget its last user: empty the cart and keep only this device."""
    version = memory.clearing or memory.version + 1
    return Answer(device_id=who.device_id, version=version, cleared=True, read_at=memory.read_at)


def answered(
    who: Visit,
    sighting: Sighting,
    cart: Cart,
    memory: PlatformCart,
    target: Mapping[str, int],
    *,
    at: datetime,
) -> Answer:
    """The target for the browser that reported ``sighting``."""
    snapshot = sighting.snapshot
    items = {**snapshot.items, **{line.item.key: line.item for line in cart.shown()}}
    sets, adds = _writes(sighting, snapshot, target, items)
    wait = memory.held_until - microseconds(at)
    return Answer(
        device_id=who.device_id,
        version=memory.version,
        lines=tuple((items[key], quantity) for key, quantity in target.items()),
        sets=sets,
        adds=adds,
        changed=_changes(snapshot, target, items),
        short=tuple((items[key], wanted) for key, (wanted, _) in memory.short.items()),
        read_at=memory.read_at,
        again=round(wait / 1_000_000, 1) if wait > 0 else None,
    )


def _writes(
    sighting: Sighting, snapshot: Snapshot, target: Mapping[str, int], items: Mapping[str, Item]
) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[Item, int], ...]]:
    """Two platform lines that are one of ours become one, once it has to be written anyway."""
    keys = {*target, *snapshot.quantities}
    wanted = {
        k: target.get(k, 0) for k in keys if target.get(k, 0) != snapshot.quantities.get(k, 0)
    }
    left = dict(wanted)
    sets = []
    for index, (key, line) in enumerate(zip(snapshot.keys, sighting.lines, strict=True)):
        if key in wanted and line.quantity > 0:
            quantity = left.pop(key, 0)
            if quantity != line.quantity:
                sets.append((index, quantity))
    adds = [(items[key], quantity) for key, quantity in sorted(left.items())]
    return tuple(sets), tuple(adds)


def _changes(
    snapshot: Snapshot, target: Mapping[str, int], items: Mapping[str, Item]
) -> tuple[Change, ...]:
    keys = sorted({*target, *snapshot.quantities})
    pairs = ((key, snapshot.quantities.get(key, 0), target.get(key, 0)) for key in keys)
    return tuple(Change(items[key], before, now) for key, before, now in pairs if before != now)
