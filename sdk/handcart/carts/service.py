"""What happens to carts: a browser reports, a webhook arrives, an order is placed, a person leaves.

Each function takes an open transaction and leaves everything in it consistent. StaleWrite means
that somebody else was first: run the whole use case again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..events import CartSealed
from ..shoppers.model import Visit, customer_owner
from ..shoppers.service import visit
from ..storage import record
from . import order_store, platform_cart, store, token_store
from .answer import (
    Answer,
    Bought,
    answered,
    cleared,
    left_because_bought,
    nothing,
    stale,
)
from .cart import Cart
from .erasing import erase
from .giving_back import order_cancelled as order_cancelled
from .goods import PriceChange, compared
from .history import KEPT, history
from .line import item_to_json
from .merging import agreed, asked, merged, recent, undoable, undone
from .merging import merge_customer as merge_customer
from .policy import Policy, usual
from .saving import save
from .sighting import Sighting, may_show, split_token
from .snapshot import Report, Snapshot, SnapshotLine
from .store import StoredCart
from .token_store import StoredToken
from .tokens import (
    caught_up,
    cleared_token,
    common_lines,
    follow,
    hold,
    new_cart,
    new_name,
    new_token,
)
from .wishes import fulfilled
from .words import MEMBER, without_words, written


def sync(
    work: Connection,
    shop: str,
    sighting: Sighting,
    *,
    device_id: str | None,
    customer_id: int | None,
    at: datetime,
    policy: Policy = usual,
) -> Answer:
    """Take what a browser saw into the cart of whoever is here, and answer what it should hold.

    Raises Denied for a cart token whose secret the browser does not have.
    """
    stored = token_store.find_token(work, shop, sighting.token)
    may_show(stored, sighting, device_id)
    report = sighting.report()
    if stored and stored.memory.is_stale(report):
        return stale(stored.memory)
    who = visit(
        work,
        shop,
        device_id=device_id or (stored.device_id if stored else None),
        customer_id=customer_id,
        keep=bool(report.snapshot.quantities),
        at=at,
    )
    stored = stored or new_token(sighting, at)
    cart = follow(work, shop, stored.cart_id)
    if _is_somebody_elses(stored, cart, who, report):
        token_store.save_token(work, shop, cleared_token(stored, cart, who, report, at))
        return cleared(who, stored.memory)
    return _replicate(work, shop, sighting, stored, cart, who, at=at, policy=policy)


def snapshot_seen(
    work: Connection,
    shop: str,
    *,
    token: str,
    lines: Sequence[SnapshotLine],
    updated_at: datetime,
    at: datetime,
) -> None:
    """A webhook shows what a platform cart held at ``updated_at``.

    It changes the cart only where it can be news. A platform cart that no browser has vouched for
    belongs to nobody yet and is left for its first report.
    """
    stored = token_store.find_token(work, shop, split_token(token)[0])
    cart = follow(work, shop, stored.cart_id) if stored else None
    if stored is None or cart is None:
        return
    after, memory = platform_cart.take_webhook(
        cart.cart, stored.memory, Snapshot.of(lines), updated_at=updated_at, at=at
    )
    if memory != stored.memory:
        token_store.save_token(work, shop, replace(stored, memory=memory))
    save(work, shop, replace(cart, cart=after), was=cart, by="webhook", at=at)


def order_placed(
    work: Connection,
    shop: str,
    *,
    cart_token: str,
    order_id: int,
    lines: Sequence[SnapshotLine],
    at: datetime,
) -> bool:
    """What was bought has left the shopper's cart, on every device; once for each order.

    False, and nothing changed, for an order that is known and for a cart that is not.
    """
    stored = token_store.find_token(work, shop, split_token(cart_token)[0])
    if stored is None or order_store.knows_order(work, shop, order_id):
        return False
    bought = Snapshot.of(lines)
    cart = follow(work, shop, stored.cart_id)
    cart_id = cart.cart_id if cart else None
    order_store.add_order(
        work, shop, order_id, cart_id=cart_id, token=stored.token, lines=bought.quantities, at=at
    )
    if cart is None:
        return True
    stored = caught_up(stored, cart)
    after, memory = platform_cart.seal(cart.cart, stored.memory, bought, at=at)
    token_store.save_token(work, shop, replace(stored, memory=memory, sealed_at=at))
    save(work, shop, replace(cart, cart=after), was=cart, by=f"order:{order_id}", at=at)
    sealed = CartSealed(cart.cart_id, order_id)
    record(work, shop, sealed, at=at, resource=f"cart:{cart.cart_id}")
    return True


def known_tokens(view: Connection, cart_tokens: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the cart tokens, each of a shop, that some browser or order has brought us."""
    bare = {(shop, token): split_token(token)[0] for shop, token in cart_tokens}
    known = token_store.known_tokens(view, {(shop, token) for (shop, _), token in bare.items()})
    return {named for named, token in bare.items() if (named[0], token) in known}


def is_reported(view: Connection, shop: str, cart_token: str) -> bool:
    """Whether a browser with this whole token has told us of its cart; raises Denied when the
    cart is another's.
    """
    bare, digest = split_token(cart_token)
    stored = token_store.find_token(view, shop, bare)
    may_show(stored, Sighting(bare, digest, ()), None)
    return stored is not None


def forget_customer(
    work: Connection, shop: str, customer_id: int, *, at: datetime
) -> dict[str, int]:
    """No cart of the customer is left, nor any guest's cart that went into one.

    Returns how many carts there were.
    """
    return {"carts": erase(work, shop, customer_owner(customer_id))}


def export_customer(view: Connection, shop: str, customer_id: int) -> dict[str, Any]:
    """Every cart of the customer with its lines and quantities, times in ISO 8601, UTC.

    Whoever else put something into a cart that is shared has no number there, and no words.
    """
    rows = store.carts_of(view, shop, customer_owner(customer_id))
    return {"carts": [_exported(view, shop, row, of=customer_id) for row in rows]}


def _exported(view: Connection, shop: str, row: Mapping[str, Any], *, of: int) -> dict[str, Any]:
    cart, saved = Cart.from_json(row["state"]), Cart.from_json(row["saved"] or Cart().to_json())
    changes = history(view, shop, row["cart_id"], newest=KEPT)
    others = written(
        {**saved.lines, **cart.lines}, row["added_by"] or {}, changes, by=lambda who: who != of
    )
    return {
        "cart_id": row["cart_id"],
        "status": row["status"],
        "created_at": row["created_at"].isoformat(),
        "updated_at": row["updated_at"].isoformat(),
        "lines": without_words(_shown(cart), others),
        "saved_for_later": without_words(_shown(saved), others),
        "goods": row["goods"] or {},
        "changes": [
            {
                "at": change.at.isoformat(),
                "by": "member" if _is_another_member(change.by, of) else change.by,
                "lines": without_words(change.lines, others),
            }
            for change in changes
        ],
        "receipt": row["receipt"],
    }


def _is_another_member(by: str, customer_id: int) -> bool:
    return by.startswith(MEMBER) and by != f"{MEMBER}{customer_id}"


def _is_somebody_elses(
    stored: StoredToken, cart: StoredCart | None, who: Visit, report: Report
) -> bool:
    """Whether this browser still shows what belongs to somebody who is not here now."""
    if who.left or stored.memory.still_to_clear(report):
        return True
    owned = cart is not None and cart.owner.startswith("customer:")
    return owned and cart is not None and cart.owner != who.owner


def _replicate(
    work: Connection,
    shop: str,
    sighting: Sighting,
    stored: StoredToken,
    source: StoredCart | None,
    who: Visit,
    *,
    at: datetime,
    policy: Policy,
) -> Answer:
    """Report in, cart changed, target out; a guest's cart is adopted on the way."""
    if who.owner is None:
        return nothing()
    mine, was = _open_cart(work, shop, who.owner, source), stored
    now, stored = _taken(work, shop, sighting, stored, source, mine, who, at=at, policy=policy)
    now = _granted(work, shop, now, sighting, replica=stored.memory.replica, at=at)
    if stored.revision == 0 and now.same_as(new_cart(who.owner)) and not sighting.lines:
        return nothing(who)
    now, prices = _looked_at(now, sighting)
    now = save(work, shop, now, was=mine, by=f"device:{who.device_id}", at=at)
    stored = replace(
        stored, device_id=who.device_id, cart_id=now.cart_id if now.version else None,
        reported_at=at,
    )  # fmt: skip
    if wait := hold(work, shop, stored, now.cart, sighting, at=at):
        token_store.save_token(work, shop, wait)
        return answered(who, sighting, now, wait.memory, sighting.snapshot.quantities, at=at)
    known = replace(stored.memory, held_until=0)
    memory, target = platform_cart.tell(now.cart, known, at=at)
    token_store.save_token(work, shop, replace(stored, memory=memory))
    answer = answered(who, sighting, now, memory, target, at=at)
    bought = _bought_elsewhere(work, shop, was, answer, sighting)
    adopted = recent(work, shop, now, at=at)
    undo, asks = undoable(adopted, now), asked(adopted, now)
    return replace(answer, prices=prices, undo=undo, asks=asks, bought=bought)


def _open_cart(work: Connection, shop: str, owner: str, source: StoredCart | None) -> StoredCart:
    """The one cart that an owner has open: mostly the one that the platform cart is part of."""
    if source is not None and source.owner == owner:
        return source
    return store.open_cart(work, shop, owner) or new_cart(owner)


def _bought_elsewhere(
    view: Connection, shop: str, was: StoredToken, answer: Answer, sighting: Sighting
) -> tuple[Bought, ...]:
    """What another device has paid for since this one reported last; asked for only if a line
    gets less.
    """
    if was.revision == 0 or all(change.now >= change.before for change in answer.changed):
        return ()
    orders = order_store.orders_elsewhere(view, shop, was, answer.cart_id)
    return left_because_bought(answer, sighting, orders)


def _granted(
    work: Connection, shop: str, cart: StoredCart, sighting: Sighting, *, replica: str, at: datetime
) -> StoredCart:
    """The cart with every wish that came with the report fulfilled."""
    for wish in sighting.wishes:
        if wish.do == "undo":
            cart = undone(work, shop, cart, wish.about, replica=replica, at=at)
        elif wish.do == "adopt":
            cart = agreed(work, shop, cart, wish.about, replica=replica, at=at)
        else:
            cart = fulfilled(cart, wish, device=replica, at=at)
    return cart


def _looked_at(cart: StoredCart, sighting: Sighting) -> tuple[StoredCart, tuple[PriceChange, ...]]:
    """The cart with what its lines look like now, and which prices are new to its shopper."""
    kept = {*cart.cart.quantities(), *cart.saved.quantities()}
    goods, prices = compared(cart.goods, sighting.looks(), kept=kept)
    return replace(cart, goods=goods), prices


def _taken(
    work: Connection,
    shop: str,
    sighting: Sighting,
    stored: StoredToken,
    source: StoredCart | None,
    mine: StoredCart,
    who: Visit,
    *,
    at: datetime,
    policy: Policy,
) -> tuple[StoredCart, StoredToken]:
    """The shopper's cart after the report, and what is known of the platform cart."""
    report, memory = sighting.report(), stored.memory
    if source is not None and source.cart_id != mine.cart_id:
        reported, memory = platform_cart.take_report(source.cart, memory, report, at=at)
        memory = memory.moved(new_name())
        source = replace(source, cart=reported)
    now = merged(
        work, shop, mine, source, stored, who, replica=memory.replica, at=at, policy=policy
    )
    if stored.revision == 0:
        shared = common_lines(work, shop, who, now)
        cart, memory = platform_cart.first_report(now.cart, memory, report, shared=shared, at=at)
        now = replace(now, cart=cart)
    elif source is None or source.cart_id == mine.cart_id:
        cart, memory = platform_cart.take_report(now.cart, memory, report, at=at)
        now = replace(now, cart=cart)
    return now, replace(stored, memory=memory)


def _shown(cart: Cart) -> list[dict[str, Any]]:
    return [{**item_to_json(line.item), "quantity": line.quantity} for line in cart.shown()]
