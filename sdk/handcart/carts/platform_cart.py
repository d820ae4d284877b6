"""One platform cart as a device: its snapshots become operations, our own echoes nothing.

Handcart remembers three things of each platform cart: the lines last *seen* in it, the writes it
was *told* to do, and the *mark* that a browser leaves in the cart when it does them. What the
platform cart would hold if its shopper had done nothing is therefore known, and every difference
is the shopper's own doing: more is an increment, less is a set, nothing left is a remove of what
this browser had been shown. More of a line that was incremented very often is a set as well, so
that a cart stays small.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from .adopt import adopt
from .cart import Cart, microseconds
from .line import Vector, joined
from .line_key import Item
from .snapshot import Report, Snapshot, content

# A line of so many entries is written anew instead of getting one more.
CROWDED = 64
_KEPT_TARGETS = 4
_KEPT_CONTENTS = 16
_TRY_AGAIN = timedelta(hours=1)
# Webhooks carry the platform's clock, reports ours; a script that reported just now knows better.
_MARGIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Told:
    """A target that went out: the quantities to write, and the vector of the cart behind them."""

    version: int
    writes: Mapping[str, int]
    knows: Vector


@dataclass(frozen=True, slots=True)
class PlatformCart:
    """What is known of one platform cart; ``replica`` is its name as a device.

    ``short`` maps a line to (quantity refused, when in microseconds), ``gone`` names those of them
    that the shop sells no more. ``agreed_at`` is when it last held what it should.
    ``anchored_at`` is the platform's time of the newest webhook that showed what was last seen:
    only what comes after it can be news. ``clearing`` is the version that empties the cart for
    its next user; until it is seen done, nothing in it counts. With ``scripted`` only its own
    browser is believed from now on. ``held_until`` is when it may be told again after a checkout.
    """

    replica: str
    seen: Mapping[str, int] = field(default_factory=dict)
    knows: Vector = field(default_factory=dict)
    version: int = 0
    written: int = 0
    told: tuple[Told, ...] = ()
    short: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    read_at: int = 0
    reported_at: int = 0
    agreed_at: int = 0
    anchored_at: int = 0
    contents: tuple[str, ...] = ()
    clearing: int = 0
    scripted: bool = False
    held_until: int = 0

    def is_stale(self, report: Report) -> bool:
        """Whether this browser has already reported something it read later, or this very read."""
        return report.read_at is not None and report.read_at <= self.read_at

    def still_to_clear(self, report: Report) -> bool:
        """Whether the lines reported are still those of somebody who has left."""
        if not self.clearing or not report.snapshot.quantities:
            return False
        return report.mark is None or report.mark.version < self.clearing

    def moved(self, replica: str) -> PlatformCart:
        """The same platform cart, now part of another cart of ours, of which it knows nothing."""
        told = tuple(replace(entry, knows={}) for entry in self.told)
        return replace(self, replica=replica, knows={}, told=told)

    def to_json(self) -> dict[str, Any]:
        return {
            "replica": self.replica,
            "seen": dict(self.seen),
            "knows": dict(self.knows),
            "version": self.version,
            "written": self.written,
            "told": [[t.version, dict(t.writes), dict(t.knows)] for t in self.told],
            "short": {key: list(value) for key, value in self.short.items()},
            "gone": sorted(self.gone),
            "read_at": self.read_at,
            "reported_at": self.reported_at,
            "agreed_at": self.agreed_at,
            "anchored_at": self.anchored_at,
            "contents": list(self.contents),
            "clearing": self.clearing,
            "scripted": self.scripted,
            "held_until": self.held_until,
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> PlatformCart:
        """What a newer version has written down besides is left alone."""
        known = {name: state[name] for name in cls.__slots__ if name in state}
        return cls(
            **{
                **known,
                "told": tuple(Told(*entry) for entry in state["told"]),
                "short": {key: tuple(value) for key, value in state["short"].items()},
                "gone": frozenset(state.get("gone", ())),
                "contents": tuple(state["contents"]),
            }
        )


def take_report(
    cart: Cart, memory: PlatformCart, report: Report, *, at: datetime
) -> tuple[Cart, PlatformCart]:
    """The cart with what the shopper did in this browser since its last report.

    The caller has made sure that the report is not stale and nothing is left to clear.
    """
    memory = _forget_clearing(memory)
    told = _newly_written(memory, report)
    base = _expected(memory, report, told)
    knows = joined((memory.knows, told.knows)) if told else memory.knows
    passed = _passed_over(memory, report, told)
    cart = _operations(cart, memory, report.snapshot, base, passed=passed, knows=knows, at=at)
    return cart, _after_report(memory, report, told, at=at)


def take_webhook(
    cart: Cart, memory: PlatformCart, snapshot: Snapshot, *, updated_at: datetime, at: datetime
) -> tuple[Cart, PlatformCart]:
    """The cart with what a webhook shows that no report has shown; unchanged when in doubt.

    A line that a browser may be writing for us right now is left to that browser's next report.
    """
    if snapshot.content == content(memory.seen):
        anchor = max(memory.anchored_at, microseconds(updated_at))
        return cart, replace(memory, anchored_at=anchor)
    if not _believed(memory, snapshot, updated_at):
        return cart, memory
    pending = {key for told in memory.told if told.version > memory.written for key in told.writes}
    cart = _operations(
        cart, memory, snapshot, memory.seen, passed=pending.__contains__, knows=memory.knows, at=at
    )
    seen = {**{k: n for k, n in memory.seen.items() if k in pending}}
    seen |= {k: n for k, n in snapshot.quantities.items() if k not in pending}
    return cart, replace(memory, seen=seen, anchored_at=microseconds(updated_at))


def first_report(
    cart: Cart, memory: PlatformCart, report: Report, *, shared: Set[str], at: datetime
) -> tuple[Cart, PlatformCart]:
    """The cart with what an unknown platform cart held before anybody told us of it.

    ``shared`` names lines this browser may have from us; a mark in it says that of all of them.
    """
    found = Cart()
    for key, quantity in report.snapshot.quantities.items():
        found = found.add(report.snapshot.items[key], quantity, device=memory.replica, at=at)
    common = set(report.snapshot.quantities) if report.mark else shared
    cart, _ = adopt(cart, found, shared=common, device=memory.replica, at=at)
    return cart, _after_report(memory, report, None, at=at)


def seal(
    cart: Cart, memory: PlatformCart, bought: Snapshot, *, at: datetime
) -> tuple[Cart, PlatformCart]:
    """The cart without what was bought in this platform cart; what others added meanwhile stays.

    Nothing happens when the browser has already shown that the cart went on after the order.
    """
    if _went_on(memory, bought):
        return cart, replace(memory, scripted=True)
    told = _written_unseen(memory, bought)
    held = {**memory.seen, **(told.writes if told else {})}
    knows = told.knows if told else memory.knows
    items = {key: line.item for key, line in cart.lines.items()}
    left = _left_over(held, bought, items)
    cart = _operations(
        cart, memory, Snapshot(items, left), held, passed=_unknown(items), knows=knows, at=at
    )
    return cart, replace(memory, seen={}, told=(), short={}, gone=frozenset(), scripted=True)


def tell(cart: Cart, memory: PlatformCart, *, at: datetime) -> tuple[PlatformCart, dict[str, int]]:
    """What this platform cart should hold, by line key, and the memory of having said so.

    Where that is what it holds already, its browser now knows the whole cart.
    """
    short = _still_short(cart, memory, at)
    target = {key: n for key, n in cart.quantities().items() if key not in short}
    target |= {key: memory.seen[key] for key in short if memory.seen.get(key, 0)}
    writes = {
        key: target.get(key, 0)
        for key in sorted({*target, *memory.seen})
        if target.get(key, 0) != memory.seen.get(key, 0)
    }
    memory = replace(memory, short=short, gone=memory.gone & frozenset(short))
    if not writes:
        return replace(memory, knows=cart.seen, agreed_at=microseconds(at)), target
    return _remembering(memory, writes, cart.seen, content(target)), target


def empty(memory: PlatformCart, snapshot: Snapshot, *, replica: str) -> PlatformCart:
    """The memory after its user has left: the browser is told to clear the cart.

    ``replica`` is a new name, so that nothing is taken for what the last user did.
    """
    if memory.clearing:
        return memory
    lines = {*memory.seen, *snapshot.quantities}
    version = memory.version + 1
    return PlatformCart(
        replica,
        version=version,
        written=memory.written,
        told=(Told(version, dict.fromkeys(sorted(lines), 0), {}),),
        read_at=memory.read_at,
        clearing=version,
        scripted=True,
    )


def _went_on(memory: PlatformCart, bought: Snapshot) -> bool:
    """Whether it held what was bought, and since then has been empty or holds less of it.

    Who only took out again, at the checkout, what came on top has not gone on.
    """
    before = memory.contents[:-1]
    if bought.content == content(memory.seen) or bought.content not in before:
        return False
    since = memory.contents[before.index(bought.content) + 1 :]
    less = any(memory.seen.get(key, 0) < n for key, n in bought.quantities.items())
    return less or content({}) in since


def _written_unseen(memory: PlatformCart, bought: Snapshot) -> Told | None:
    """The newest target that must have been written, because it is what was bought."""
    for told in reversed(memory.told):
        written = {**memory.seen, **told.writes}
        if told.version > memory.written and content(written) == bought.content:
            return told
    return None


def _left_over(
    held: Mapping[str, int], bought: Snapshot, items: Mapping[str, Item]
) -> dict[str, int]:
    """What stays of each line; goods whose properties changed at the checkout count by variant."""
    left = {key: max(0, n - bought.quantities.get(key, 0)) for key, n in held.items()}
    for key, item in bought.items.items():
        if key in held:
            continue
        twins = (k for k in left if k in items and items[k].variant_id == item.variant_id)
        if twin := next(twins, None):
            left[twin] = max(0, left[twin] - bought.quantities[key])
    return left


def _unknown(items: Mapping[str, Item]) -> Callable[[str], bool]:
    return lambda key: key not in items


def _forget_clearing(memory: PlatformCart) -> PlatformCart:
    return replace(memory, clearing=0) if memory.clearing else memory


def _newly_written(memory: PlatformCart, report: Report) -> Told | None:
    """The target whose mark is in the cart for the first time."""
    if report.mark is None or report.mark.version <= memory.written:
        return None
    return next((told for told in memory.told if told.version == report.mark.version), None)


def _expected(memory: PlatformCart, report: Report, told: Told | None) -> dict[str, int]:
    """What the platform cart would hold if its shopper had done nothing.

    A line that is still to be written by itself, and that lies between what was and what we want,
    counts as not written: the other reading would take away what was never there.
    """
    if told is None:
        return dict(memory.seen)
    expected = {**memory.seen, **told.writes}
    if report.mark and not report.mark.whole:
        for key, wanted in told.writes.items():
            before, now = memory.seen.get(key, 0), report.snapshot.quantities.get(key, 0)
            if before < now < wanted:
                expected[key] = before
    return expected


def _passed_over(memory: PlatformCart, report: Report, told: Told | None) -> Callable[[str], bool]:
    """Which lines say nothing about the shopper: refused ones, and those being written."""
    now, whole = report.snapshot.quantities, report.mark is None or report.mark.whole

    def passed(key: str) -> bool:
        if key in report.refused:
            return True
        writing = told is not None and not whole and key in told.writes
        return writing and now.get(key, 0) == memory.seen.get(key, 0)

    return passed


def _operations(
    cart: Cart,
    memory: PlatformCart,
    snapshot: Snapshot,
    base: Mapping[str, int],
    *,
    passed: Callable[[str], bool],
    knows: Vector,
    at: datetime,
) -> Cart:
    """Every difference between what was to be expected and what is there, done to the cart."""
    for key in sorted({*base, *snapshot.quantities}):
        before, now = base.get(key, 0), snapshot.quantities.get(key, 0)
        if before == now or passed(key):
            continue
        if now == 0:
            cart = cart.remove(key, device=memory.replica, knows=knows)
        else:
            item = snapshot.items[key]
            cart = _more_or_less(cart, memory, item, before, now, knows=knows, at=at)
    return cart


def _more_or_less(
    cart: Cart,
    memory: PlatformCart,
    item: Item,
    before: int,
    now: int,
    *,
    knows: Vector,
    at: datetime,
) -> Cart:
    if item.is_gift:
        # Every browser's cart gets its own; they are one and the same.
        return cart.set(item, now, device=memory.replica, at=at, knows=cart.seen)
    if now > before and not _is_crowded(cart, item):
        return cart.add(item, now - before, device=memory.replica, at=at)
    return cart.set(item, now, device=memory.replica, at=at, knows=knows)


def _is_crowded(cart: Cart, item: Item) -> bool:
    """Whether the line would grow with every press of "+", for as long as somebody presses."""
    line = cart.lines.get(item.key)
    return line is not None and len(line.entries) >= CROWDED


def _after_report(
    memory: PlatformCart, report: Report, told: Told | None, *, at: datetime
) -> PlatformCart:
    now = report.snapshot.quantities
    short = dict(memory.short)
    if told:
        stamp = microseconds(at)
        short |= {k: (n, stamp) for k, n in told.writes.items() if k in report.refused}
    if told:
        memory = _after_writing(memory, report, told)
    same = report.snapshot.content == content(memory.seen)
    return replace(
        memory,
        seen=dict(now),
        anchored_at=memory.anchored_at if same else 0,
        short=short,
        gone=memory.gone | report.gone if told else memory.gone,
        read_at=memory.read_at if report.read_at is None else report.read_at,
        reported_at=microseconds(at),
        contents=_recent(memory.contents, report.snapshot.content),
    )


def _after_writing(memory: PlatformCart, report: Report, told: Told) -> PlatformCart:
    """A target is done with once each of its lines is written or refused; till then it waits."""
    waiting = {}
    if report.mark and not report.mark.whole:
        now = report.snapshot.quantities
        unwritten = {k: n for k, n in told.writes.items() if now.get(k, 0) == memory.seen.get(k, 0)}
        waiting = {k: n for k, n in unwritten.items() if k not in report.refused}
    later = tuple(t for t in memory.told if t.version > told.version)
    if waiting:
        return replace(memory, told=(replace(told, writes=waiting), *later))
    knows = joined((memory.knows, told.knows))
    return replace(memory, told=later, written=told.version, knows=knows)


def _believed(memory: PlatformCart, snapshot: Snapshot, updated_at: datetime) -> bool:
    """Whether a webhook can be news: not after a change of user, not old, not an echo.

    It has to follow a webhook that showed what we know, by the platform's own clock, and to be
    newer than the last report by ours.
    """
    if memory.scripted or memory.clearing:
        return False
    if not memory.anchored_at or microseconds(updated_at) <= memory.anchored_at:
        return False
    if microseconds(updated_at - _MARGIN) <= memory.reported_at:
        return False
    return snapshot.content not in memory.contents


def _still_short(cart: Cart, memory: PlatformCart, at: datetime) -> dict[str, tuple[int, int]]:
    """Refused lines whose quantity has not changed since, for an hour: then it is tried again."""
    oldest = microseconds(at - _TRY_AGAIN)
    return {
        key: (wanted, since)
        for key, (wanted, since) in memory.short.items()
        if cart.quantity(key) == wanted and since > oldest
    }


def _remembering(
    memory: PlatformCart, writes: Mapping[str, int], knows: Vector, target: str
) -> PlatformCart:
    """The memory with one more target told; the same one again keeps its version."""
    last = memory.told[-1] if memory.told else None
    if last and last.version > memory.written and (last.writes, last.knows) == (writes, knows):
        return memory
    told = Told(memory.version + 1, writes, knows)
    return replace(
        memory,
        version=told.version,
        told=(*memory.told, told)[-_KEPT_TARGETS:],
        contents=_recent(memory.contents, target),
    )


def _recent(contents: tuple[str, ...], newest: str) -> tuple[str, ...]:
    return (*(c for c in contents if c != newest), newest)[-_KEPT_CONTENTS:]
