"""A cart goes on elsewhere: on another device by a link, at the till by the same link's code.

What is handed over are the lines, as they are at that moment, into the cart of whoever opens the
link; nobody is signed in by it, and the first device keeps its cart. Both sides remember what they
share, so that nothing doubles when both sign in later. A customer's cart is given only after its
owner has said so on the first device.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..errors import Denied, NotFound, RuleBroken
from ..shoppers.service import visit
from . import handoffs, store, token_store
from .adopt import adopt
from .handoffs import Handoff
from .line import Line
from .saving import save
from .sighting import Sighting, may_show
from .store import StoredCart
from .token_store import StoredToken
from .tokens import follow, new_cart, new_token

GOOD_FOR = timedelta(minutes=10)
# Staff may look at what they were shown for as long as a sale takes.
STAFF_LOOK = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Made:
    """``secret`` goes into the link and is nowhere else."""

    handoff: Handoff
    secret: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """``state``: asked (wait, and show ``check``), given, refused, or same (your own cart)."""

    state: str
    check: str = ""
    device_id: str | None = None


def offer(
    work: Connection, shop: str, sighting: Sighting, *, device_id: str | None, at: datetime
) -> Made:
    """A link to the cart that this browser shows; raises RuleBroken when nothing is in it."""
    stored, cart = _mine(work, shop, sighting, device_id)
    return offer_cart(work, shop, cart, token=stored.token, good_for=GOOD_FOR, at=at)


def offer_cart(
    work: Connection,
    shop: str,
    cart: StoredCart,
    *,
    token: str,
    good_for: timedelta,
    at: datetime,
) -> Made:
    """A link to this cart, which ``token`` shows; raises RuleBroken when nothing is in it."""
    if not cart.cart.quantities():
        raise RuleBroken("cart_empty", "there is nothing to hand over")
    secret = secrets.token_urlsafe(20)
    handoff = Handoff(
        handoff_id=secrets.token_hex(16),
        cart_id=cart.cart_id,
        token=token,
        state="open",
        check=f"{secrets.randbelow(90) + 10}",
        claimed_by=None,
        expires_at=at + good_for,
    )
    handoffs.add_handoff(work, shop, handoff, secret=secret, at=at)
    return Made(handoff, secret)


def offered(
    view: Connection,
    shop: str,
    handoff_id: str,
    sighting: Sighting,
    *,
    device_id: str | None,
    at: datetime,
) -> Handoff:
    """How far a handoff of this browser has come; raises NotFound for another's or an old one."""
    handoff = handoffs.find_by_id(view, shop, handoff_id)
    stored, _ = _mine(view, shop, sighting, device_id)
    if handoff is None or handoff.token != stored.token or handoff.expires_at <= at:
        raise NotFound("handoff_unknown", "this handoff is over")
    return handoff


def decide(
    work: Connection,
    shop: str,
    handoff_id: str,
    sighting: Sighting,
    *,
    give: bool,
    device_id: str | None,
    at: datetime,
) -> Handoff:
    """The owner says yes or no on the device that made the link; once."""
    handoff = offered(work, shop, handoff_id, sighting, device_id=device_id, at=at)
    if handoff.state != "asked":
        return handoff
    state = "confirmed" if give else "refused"
    handoffs.move(work, shop, handoff, state)
    return replace(handoff, state=state)


def claim(
    work: Connection,
    shop: str,
    secret: str,
    sighting: Sighting,
    *,
    device_id: str | None,
    customer_id: int | None,
    at: datetime,
) -> Claimed:
    """Open a link, and ask again until it is given; only the first browser that opens it may."""
    handoff = handoffs.find_by_secret(work, shop, secret)
    if handoff is None or handoff.expires_at <= at:
        raise NotFound("handoff_unknown", "this link is over; make a new one")
    stored = token_store.find_token(work, shop, sighting.token)
    may_show(stored, sighting, device_id)
    who = visit(
        work,
        shop,
        device_id=device_id or (stored.device_id if stored else None),
        customer_id=customer_id,
        keep=True,
        at=at,
    )
    if who.left or who.owner is None:
        raise Denied("report_first", "this browser has to be emptied of its last user first")
    source = follow(work, shop, handoff.cart_id)
    if source is None or source.owner == who.owner:
        return Claimed("same", device_id=who.device_id)
    me = f"platform cart:{sighting.token}"[:80]
    handoff = _claimed_by(work, shop, handoff, me, owned=source.owner.startswith("customer:"))
    if handoff.state in ("confirmed", "given"):
        mine = store.open_cart(work, shop, who.owner) or new_cart(who.owner)
        stored = replace(stored or new_token(sighting, at), device_id=who.device_id)
        if handoff.state == "confirmed":
            _give(work, shop, handoff, source, mine, stored, at=at)
        return Claimed("given", device_id=who.device_id)
    return Claimed(handoff.state, handoff.check, who.device_id)


def shown_to_staff(
    work: Connection, shop: str, code: str, *, staff: str, at: datetime
) -> StoredCart:
    """The cart behind a code that a shopper shows at the till; the same staff may look again."""
    handoff = handoffs.find_by_secret(work, shop, code)
    if handoff is None or handoff.expires_at + STAFF_LOOK <= at:
        raise NotFound("handoff_unknown", "this code is over; ask the shopper for a new one")
    if handoff.state == "open" and handoff.expires_at > at:
        handoffs.move(work, shop, handoff, "shown", claimed_by=staff)
    elif handoff.state != "shown" or handoff.claimed_by != staff:
        raise RuleBroken("handoff_used", "this code was used already; ask for a new one")
    cart = follow(work, shop, handoff.cart_id)
    if cart is None:
        raise NotFound("handoff_unknown", "this cart is gone")
    return cart


def _mine(
    view: Connection, shop: str, sighting: Sighting, device_id: str | None
) -> tuple[StoredToken, StoredCart]:
    """The platform cart of this browser and the cart behind it."""
    stored = token_store.find_token(view, shop, sighting.token)
    may_show(stored, sighting, device_id)
    cart = follow(view, shop, stored.cart_id) if stored else None
    if stored is None or cart is None:
        raise RuleBroken("cart_empty", "there is nothing to hand over")
    return stored, cart


def _claimed_by(work: Connection, shop: str, handoff: Handoff, me: str, *, owned: bool) -> Handoff:
    """Single use: the first to open the link has it. A guest's cart needs no further word."""
    if handoff.state == "open":
        state = "asked" if owned else "confirmed"
        handoffs.move(work, shop, handoff, state, claimed_by=me)
        return replace(handoff, state=state, claimed_by=me)
    if handoff.claimed_by != me:
        raise RuleBroken("handoff_used", "this link was opened already; make a new one")
    return handoff


def _give(
    work: Connection,
    shop: str,
    handoff: Handoff,
    source: StoredCart,
    mine: StoredCart,
    stored: StoredToken,
    *,
    at: datetime,
) -> None:
    """The lines are in the cart of who opened the link; both browsers know what they share."""
    mine, now = _with_lines(mine, source, stored, at=at)
    now = save(work, shop, now, was=mine, by=f"handoff:{handoff.handoff_id}", at=at)
    handoffs.move(work, shop, handoff, "given")
    keys = frozenset(source.cart.quantities())
    theirs = replace(stored, cart_id=now.cart_id)
    token_store.save_token(work, shop, _sharing(theirs, source.cart_id, keys, at))
    first = token_store.find_token(work, shop, handoff.token)
    if first is not None and first.token != stored.token:
        token_store.save_token(work, shop, _sharing(first, now.cart_id, keys, at))


def _with_lines(
    mine: StoredCart, source: StoredCart, stored: StoredToken, *, at: datetime
) -> tuple[StoredCart, StoredCart]:
    shared = _shared(mine, source.cart.shown(), stored, source)
    cart, _ = adopt(mine.cart, source.cart, shared=shared, device=stored.memory.replica, at=at)
    return mine, replace(mine, cart=cart, goods={**source.goods, **mine.goods})


def _shared(
    mine: StoredCart, lines: Iterable[Line], stored: StoredToken, source: StoredCart
) -> frozenset[str]:
    """Handed over before: a second link of the same cart doubles nothing."""
    if stored.left_cart_id != source.cart_id:
        return frozenset()
    return frozenset(line.item.key for line in lines if line.item.key in stored.left_keys)


def _sharing(stored: StoredToken, cart_id: str, keys: frozenset[str], at: datetime) -> StoredToken:
    return replace(stored, left_cart_id=cart_id, left_keys=keys, left_at=at)
