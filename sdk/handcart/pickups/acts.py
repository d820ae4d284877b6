"""What staff and shoppers do with a pickup between its request and its end, one function each.

Each raises NotFound, InvalidTransition when it is not their turn, RuleBroken with the code of the
guard that said no, and BadInput for what cannot be understood.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..errors import BadInput, RuleBroken
from . import life, planning, store, substitutes
from .how import How
from .life import CLOCKS, Clock
from .lines import Amounts
from .model import Pickup, shortage_for
from .states import Act, State
from .steps import take

_NOTE = 200
_BAY = 80
_TOLD_AGAIN = timedelta(hours=1)
# A clock may go off a little early on a machine whose own clock is set back.
_EARLY = timedelta(seconds=5)


def accept(work: Connection, shop: str, pickup_id: str, *, by: str, at: datetime) -> Pickup:
    """Somebody at the store has seen the order and will prepare it."""
    pickup = store.get(work, shop, pickup_id)
    if pickup.state is State.ACCEPTED:
        return pickup
    return take(work, shop, pickup, Act.ACCEPT, How(by, at))


def start_picking(work: Connection, shop: str, pickup_id: str, *, by: str, at: datetime) -> Pickup:
    """Whoever ``by`` names collects the goods."""
    pickup = store.get(work, shop, pickup_id)
    if pickup.state is State.PICKING:
        return pickup
    return take(work, shop, pickup, Act.PICK, How(by, at))


def pack(
    work: Connection, shop: str, pickup_id: str, *, units: Amounts, by: str, at: datetime
) -> Pickup:
    """``units`` lie at the counter; the shopper is told of the first, and when all do."""
    pickup = store.get(work, shop, pickup_id)
    how = planning.with_policy(work, shop, pickup, How(by, at, "prepared", units))
    return take(work, shop, pickup, Act.PACK, how)


def pack_what_there_is(
    work: Connection, shop: str, pickup_id: str, *, units: Amounts, by: str, at: datetime
) -> Pickup:
    """``units`` are ready, for the platform too: what is left goes on in a pickup of its own.

    It does so once the shopper has chosen what happens with what is missing.
    """
    packed = pack(work, shop, pickup_id, units=units, by=by, at=at)
    return _split(work, shop, packed, by=by, at=at)


def report_missing(
    work: Connection,
    shop: str,
    pickup_id: str,
    *,
    units: Amounts,
    reason: str,
    by: str,
    at: datetime,
    instead: Mapping[int, Sequence[str]] | None = None,
) -> Pickup:
    """``units`` are not to be had; the shopper chooses what happens with them.

    ``instead``: line id to the codes of what the store would give in its place.
    """
    how = How(by, at, shortage_for(reason), units)
    short = take(work, shop, store.get(work, shop, pickup_id), Act.MISS, how)
    substitutes.keep(work, shop, short, instead or {}, by=by, at=at)
    return short


def wait_for_missing(
    work: Connection, shop: str, pickup_id: str, *, by: str, at: datetime
) -> Pickup:
    """The shopper waits until what is missing is there; what is packed can be had meanwhile."""
    waits = take(work, shop, store.get(work, shop, pickup_id), Act.WAIT, How(by, at, "waits"))
    return _split(work, shop, waits, by=by, at=at)


def drop_missing(work: Connection, shop: str, pickup_id: str, *, by: str, at: datetime) -> Pickup:
    """What is missing is refunded; the rest goes on, or the pickup ends when there is none."""
    how = How(by, at, "out_of_stock")
    return take(work, shop, store.get(work, shop, pickup_id), Act.DROP, how)


def set_off(
    work: Connection, shop: str, pickup_id: str, *, note: str, by: str, at: datetime
) -> Pickup:
    """The shopper is on the way; ``note`` is what they say of how they come."""
    pickup = store.get(work, shop, pickup_id)
    if pickup.state in (State.ON_MY_WAY, State.HERE):
        return pickup
    return take(work, shop, pickup, Act.ANNOUNCE, How(by, at, note=_short(note, _NOTE)))


def arrive(
    work: Connection, shop: str, pickup_id: str, *, note: str | None, by: str, at: datetime
) -> Pickup:
    """The shopper stands at the store, or before it; None leaves the note as it was."""
    pickup = store.get(work, shop, pickup_id)
    if pickup.state is State.HERE:
        return pickup
    said = None if note is None else _short(note, _NOTE)
    return take(work, shop, pickup, Act.ARRIVE, How(by, at, note=said))


def tell_again(work: Connection, shop: str, pickup_id: str, *, by: str, at: datetime) -> Pickup:
    """The shopper is written once more that goods lie there; once an hour, by whomever."""
    pickup = store.get(work, shop, pickup_id)
    for change in store.changes(work, shop, pickup_id):
        if change.act is Act.TELL and change.at > at - _TOLD_AGAIN:
            raise RuleBroken("told_lately", "the shopper was told within the last hour")
    return take(work, shop, pickup, Act.TELL, How(by, at, "again"))


def extend(work: Connection, shop: str, pickup_id: str, *, by: str, at: datetime) -> Pickup:
    """The goods are kept for longer."""
    pickup = store.get(work, shop, pickup_id)
    how = planning.with_policy(work, shop, pickup, How(by, at), extending=True)
    return take(work, shop, pickup, Act.EXTEND, how)


def choose_slot(
    work: Connection, shop: str, pickup_id: str, *, starts_at: datetime, by: str, at: datetime
) -> Pickup:
    """The shopper comes in that slot instead; raises when it is none, full, or too late."""
    pickup = store.get(work, shop, pickup_id)
    if pickup.promised_at == starts_at:
        return pickup
    chosen = take(work, shop, pickup, Act.PROMISE, How(by, at, "chosen", until=starts_at))
    planning.book_slot(work, shop, pickup, starts_at=starts_at, at=at)
    return chosen


def restock(work: Connection, shop: str, pickup_id: str, *, by: str, at: datetime) -> Pickup:
    """What nobody came for is back on the shelf, and refunded if the store's policy says so."""
    pickup = store.get(work, shop, pickup_id)
    if pickup.state is State.RESTOCKED:
        return pickup
    how = planning.with_policy(work, shop, pickup, How(by, at, "never_came"))
    return take(work, shop, pickup, Act.RESTOCK, how)


def put_in_bay(
    work: Connection, shop: str, pickup_id: str, *, bay: str, by: str, at: datetime
) -> Pickup:
    """The goods lie there, in the words of the store."""
    how = How(by, at, note=_short(bay, _BAY))
    return take(work, shop, store.get(work, shop, pickup_id), Act.PUT, how)


def clock_went_off(
    work: Connection, shop: str, pickup_id: str, *, clock: Clock, at: datetime
) -> Pickup | None:
    """What the clock is for happens, unless the pickup has gone on meanwhile: then None."""
    pickup = store.find(work, shop, pickup_id)
    due = life.timers(pickup).get(clock) if pickup else None
    if pickup is None or due is None or due > at + _EARLY:
        return None
    return take(work, shop, pickup, CLOCKS[clock], How("timer", max(at, due), "too_late"))


def not_split(
    work: Connection, shop: str, pickup_id: str, *, units: Amounts, at: datetime
) -> Pickup | None:
    """The platform did not take the order apart: ``units`` are owed here again, if it waits."""
    pickup = store.find(work, shop, pickup_id)
    if pickup is None or not pickup.open:
        return pickup
    return take(work, shop, pickup, Act.REJOIN, How("platform", at, "not_split", units))


def _split(work: Connection, shop: str, pickup: Pickup, *, by: str, at: datetime) -> Pickup:
    """The packed part alone, if that is all that can be had of it for now."""
    some = pickup.state is State.PARTLY_READY
    if not some or any(line.missing or line.collected for line in pickup.lines):
        return pickup
    return take(work, shop, pickup, Act.SPLIT, How(by, at, "part_ready"))


def _short(text: str, longest: int) -> str:
    """One line of at most ``longest`` characters; raises BadInput for more."""
    line = " ".join(text.split())
    if len(line) > longest:
        raise BadInput("text_too_long", f"at most {longest} characters")
    return line
