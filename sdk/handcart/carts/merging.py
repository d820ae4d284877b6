"""A guest signs in: the guest's carts go into the shopper's, each once."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..events import CartMerged
from ..shoppers.model import Visit, customer_owner, device_owner
from ..storage import record, tell
from . import store
from .adopt import adopt, set_aside, take_back
from .listening import cart_news
from .policy import Meeting, Policy, Rule, ruled, usual
from .saving import save
from .store import Adoption, StoredCart
from .token_store import StoredToken
from .tokens import lines_left, new_name
from .wishes import Wish, fulfilled

UNDO_WITHIN = timedelta(minutes=30)


def merged(
    work: Connection,
    shop: str,
    mine: StoredCart,
    source: StoredCart | None,
    stored: StoredToken,
    who: Visit,
    *,
    replica: str,
    at: datetime,
    policy: Policy = usual,
) -> StoredCart:
    """The shopper's cart with every guest's cart of this browser in it; those are closed.

    ``source`` is the cart this platform cart was part of. It is a guest's, or ``mine`` itself.
    """
    shared = lines_left(work, shop, stored, mine, at=at)
    for guest in _guests(work, shop, mine, source, who):
        rule = ruled(policy, _meeting(who, mine, guest, shared))
        mine = taken_in(work, shop, mine, guest, shared=shared, replica=replica, at=at, rule=rule)
    return mine


def taken_in(
    work: Connection,
    shop: str,
    mine: StoredCart,
    other: StoredCart,
    *,
    shared: Set[str],
    replica: str,
    at: datetime,
    rule: Rule = "usual",
) -> StoredCart:
    """``mine`` with the lines and the list of the ``other`` cart, which is closed."""
    listed = frozenset(mine.saved.quantities())
    cart, saved = mine.cart, mine.saved
    if rule in ("mine", "ask"):
        saved, receipt = set_aside(
            cart, saved, other.cart, shared=shared, rule=rule, device=replica, at=at
        )
    else:
        cart, receipt = adopt(cart, other.cart, shared=shared, device=replica, at=at, rule=rule)
    saved, _ = adopt(saved, other.saved, shared=listed, device=replica, at=at)
    store.close_cart(
        work,
        shop,
        other,
        other.cart,
        merged_into=mine.cart_id,
        receipt=[line.to_json() for line in receipt],
        at=at,
    )
    tell(work, cart_news(shop, other.cart_id, other.version + 1))
    new = {key: who for key, who in other.added_by.items() if not mine.cart.quantity(key)}
    fact = CartMerged(mine.cart_id, other.cart_id, cart.quantities())
    record(work, shop, fact, at=at, resource=f"cart:{mine.cart_id}")
    return replace(
        mine,
        cart=cart,
        saved=saved,
        goods={**other.goods, **mine.goods},
        added_by={**new, **mine.added_by},
    )


def merge_customer(
    work: Connection, shop: str, *, kept_id: int, gone_id: int, at: datetime
) -> None:
    """The cart of the customer who is gone goes into the other's, once; a guest's would, too.

    It can be undone as one can. Every cart that ever went into it leads to the other's now.
    """
    gone = store.open_cart(work, shop, customer_owner(gone_id))
    mine = store.open_cart(work, shop, customer_owner(kept_id))
    if gone is None or mine is None:
        store.rename_owner(work, shop, customer_owner(gone_id), customer_owner(kept_id))
        return
    now = taken_in(work, shop, mine, gone, shared=frozenset(), replica=new_name(), at=at)
    save(work, shop, now, was=mine, by=f"merge:{gone.cart_id}", at=at)
    store.lead_on(work, shop, gone.cart_id, mine.cart_id)


def recent(view: Connection, shop: str, mine: StoredCart, *, at: datetime) -> list[Adoption]:
    """The adoptions that there is still something to be said about, the latest first."""
    return store.adoptions(view, shop, mine.cart_id, since=at - UNDO_WITHIN)


def undoable(adoptions: Iterable[Adoption], mine: StoredCart) -> Adoption | None:
    """The first adoption that can be taken back.

    One that added nothing is none, nor one into a cart that has nothing else in it.
    """
    shown = set(mine.cart.quantities())
    for adoption in adoptions:
        new = {line.item.key for line in adoption.receipt if not line.before}
        if any(line.dot for line in adoption.receipt) and shown - new:
            return adoption
    return None


def undone(
    work: Connection, shop: str, mine: StoredCart, guest_cart_id: str, *, replica: str, at: datetime
) -> StoredCart:
    """What came of one adoption is on the list for later; unchanged when it is too late for that.

    The platform cart that the guest filled stays one of the shopper's: it is told to follow.
    """
    for adoption in recent(work, shop, mine, at=at):
        if adoption.guest_cart_id == guest_cart_id:
            store.mark_undone(work, shop, guest_cart_id)
            cart, saved = take_back(mine.cart, mine.saved, adoption.receipt, device=replica, at=at)
            return replace(mine, cart=cart, saved=saved)
    return mine


def asked(adoptions: Iterable[Adoption], mine: StoredCart) -> Adoption | None:
    """The first guest's cart whose lines wait on the list for a yes."""
    listed = mine.saved.quantities()
    for adoption in adoptions:
        if any(line.rule == "ask" and line.item.key in listed for line in adoption.receipt):
            return adoption
    return None


def agreed(
    work: Connection, shop: str, mine: StoredCart, guest_cart_id: str, *, replica: str, at: datetime
) -> StoredCart:
    """What waited for a yes is in the cart; unchanged when it is too late for that."""
    for adoption in recent(work, shop, mine, at=at):
        if adoption.guest_cart_id != guest_cart_id:
            continue
        store.mark_undone(work, shop, guest_cart_id)
        for line in adoption.receipt:
            if line.rule == "ask":
                wish = Wish("back", line.item.key)
                mine = fulfilled(mine, wish, device=replica, at=at)
    return mine


def _meeting(who: Visit, mine: StoredCart, guest: StoredCart, shared: frozenset[str]) -> Meeting:
    owned = {line.item: line.quantity for line in mine.cart.shown()}
    theirs = {line.item: line.quantity for line in guest.cart.shown()}
    return Meeting(who.customer_id or 0, owned, theirs, shared)


def _guests(
    work: Connection, shop: str, mine: StoredCart, source: StoredCart | None, who: Visit
) -> list[StoredCart]:
    """The cart of this platform cart, and the one this device had before the customer came."""
    left = store.open_cart(work, shop, device_owner(who.device_id)) if who.device_id else None
    found = {cart.cart_id: cart for cart in (left, source) if cart is not None}
    found.pop(mine.cart_id, None)
    return list(found.values())
