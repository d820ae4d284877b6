"""What a browser is told: what its platform cart should hold, and exactly what to write."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..shoppers.model import Visit
from .cart import microseconds
from .goods import Known, PriceChange
from .line_key import Item
from .platform_cart import PlatformCart
from .sighting import Sighting
from .snapshot import Snapshot
from .store import Adoption, StoredCart


@dataclass(frozen=True, slots=True)
class Change:
    """One line that is not what the browser reported; ``short`` when the platform refused more."""

    item: Item
    before: int
    now: int


@dataclass(frozen=True, slots=True)
class Bought:
    """So many of a line; ``title`` as the browser that still showed it called it, or empty."""

    item: Item
    quantity: int
    title: str


@dataclass(frozen=True, slots=True)
class Answer:
    """``sets`` are (index of the reported line, quantity), ``adds`` lines that it does not have.

    A line to add may name the variant of the line that it is nested under; ``keys`` are the names
    of the reported lines.
    ``again`` is in how many seconds to ask again; ``read_at`` the newest report known. With
    ``stale`` nothing else counts: read the cart again and report it. ``short`` lines are in the
    cart and not to be had, those ``gone`` will not be again. ``saved`` is the list for later,
    ``prices`` what costs something else than the shopper last saw, ``undo`` what was just adopted
    and can be taken back, ``asks`` what waits on the list for a yes, ``added_by`` what others than
    the owner put in, ``bought`` what has just left because another device paid for it.
    ``cart_id`` and ``cart_version`` name the cart behind all of it.
    """

    device_id: str | None = None
    version: int = 0
    lines: tuple[tuple[Item, int], ...] = ()
    sets: tuple[tuple[int, int], ...] = ()
    adds: tuple[tuple[Item, int, int | None], ...] = ()
    keys: tuple[str, ...] = ()
    changed: tuple[Change, ...] = ()
    short: tuple[tuple[Item, int], ...] = ()
    gone: frozenset[Item] = frozenset()
    saved: tuple[tuple[Item, int], ...] = ()
    prices: tuple[PriceChange, ...] = ()
    undo: Adoption | None = None
    asks: Adoption | None = None
    bought: tuple[Bought, ...] = ()
    goods: Known = field(default_factory=dict)
    added_by: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    cart_id: str = ""
    cart_version: int = 0
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
    kept: StoredCart,
    memory: PlatformCart,
    target: Mapping[str, int],
    *,
    at: datetime,
) -> Answer:
    """The target for the browser that reported ``sighting``."""
    snapshot = sighting.snapshot
    items = {**snapshot.items, **{line.item.key: line.item for line in kept.cart.shown()}}
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
        gone=frozenset(items[key] for key in memory.gone if key in items),
        saved=tuple((line.item, line.quantity) for line in kept.saved.shown()),
        goods=kept.goods,
        added_by=kept.added_by,
        cart_id=kept.cart_id if kept.version else "",
        cart_version=kept.version,
        keys=snapshot.keys,
        read_at=memory.read_at,
        again=round(wait / 1_000_000, 1) if wait > 0 else None,
    )


def _writes(
    sighting: Sighting, snapshot: Snapshot, target: Mapping[str, int], items: Mapping[str, Item]
) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[Item, int, int | None], ...]]:
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
    adds.sort(key=lambda line: _depth(line[0], items))
    return tuple(sets), tuple((item, n, _parent(item, items)) for item, n in adds)


def _parent(item: Item, items: Mapping[str, Item]) -> int | None:
    return items[item.parent].variant_id if item.parent in items else None


def _depth(item: Item, items: Mapping[str, Item]) -> int:
    """How many lines this one hangs on: what is nested is added after its parent."""
    depth = 0
    while item.parent in items and depth <= len(items):
        item, depth = items[item.parent], depth + 1
    return depth


def _changes(
    snapshot: Snapshot, target: Mapping[str, int], items: Mapping[str, Item]
) -> tuple[Change, ...]:
    keys = sorted({*target, *snapshot.quantities})
    pairs = ((key, snapshot.quantities.get(key, 0), target.get(key, 0)) for key in keys)
    return tuple(Change(items[key], before, now) for key, before, now in pairs if before != now)


def left_because_bought(
    answer: Answer, sighting: Sighting, orders: Collection[Mapping[str, int]]
) -> tuple[Bought, ...]:
    """What this browser still showed and will not, as one of the orders has it."""
    looks = sighting.looks()
    return tuple(
        Bought(
            change.item,
            change.before - change.now,
            looks[change.item].title if change.item in looks else "",
        )
        for change in answer.changed
        if change.now < change.before and any(change.item.key in order for order in orders)
    )
