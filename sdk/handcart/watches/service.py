"""Watching: asked for, confirmed, looked at, ended.

A signed-in customer is who the platform's signed request names. Anybody else gives an address and
confirms it by the link that is mailed there; until then nothing else is written to it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from typing import Any

from sqlalchemy import Connection

from ..errors import BadInput, NotFound, RuleBroken
from ..keys import Keyring
from ..platform.port import Variant
from ..shoppers import merged
from ..shoppers.model import customer_owner
from . import hearing, store
from .model import (
    FEW,
    MOST_ASKED,
    MOST_ASKED_HOURLY,
    MOST_WATCHES,
    MailKind,
    Seen,
    Watch,
)

_LONGEST_ADDRESS = 254
_PURPOSE = "watch address"


@dataclass(frozen=True, slots=True)
class Wish:
    """What of a variant somebody wants to be told, and in which language."""

    variant_id: int
    cheaper: bool
    scarce: bool
    locale: str


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who asks: ``owner``, and for somebody with an address only that address, sealed."""

    owner: str
    address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Watched:
    """A watch and what is known of its variant."""

    watch: Watch
    seen: Seen


def by_customer(view: Connection, shop: str, customer_id: int) -> Watcher:
    """The customer, as they are known now."""
    return Watcher(customer_owner(merged.known_as(view, shop, customer_id)))


def by_address(keyring: Keyring, shop: str, text: str) -> Watcher:
    """Whoever reads what is sent to the address; raises BadInput for what is none."""
    address = _address(text)
    digest = keyring.digest(_PURPOSE, f"{shop} {address.lower()}").hex()
    return Watcher(f"mail:{digest}", keyring.encrypt(_PURPOSE, address, context=shop))


def address_of(keyring: Keyring, shop: str, watch: Watch) -> str:
    """Where somebody without an account is written to; raises NotVerified if no key opens it."""
    return keyring.decrypt(_PURPOSE, watch.address or "", context=shop)


def ask(
    work: Connection,
    shop: str,
    wish: Wish,
    *,
    by: Watcher,
    read: Variant,
    at: datetime,
) -> Watch:
    """The wish is kept, and of an address it is asked by mail whether it is its reader's.

    Asked again, the wish is as it was said last. Raises RuleBroken where there are too many.
    """
    if not (wish.cheaper or wish.scarce):
        raise BadInput("watch_of_nothing", "say what to tell: cheaper, scarce, or both")
    known = {one.variant_id: one for one in store.of_owner(work, shop, by.owner)}
    now = hearing.seen_in(work, shop, read)
    was = known.get(wish.variant_id)
    if was is None:
        _refuse_too_many(work, shop, by, len(known), at=at)
        if store.seen(work, shop, wish.variant_id) is None:
            store.keep_seen(work, shop, now)
        watch = _new(wish, by, now, at=at)
        units = hearing.promised(work, shop, wish.variant_id, at=at)
        watch = replace(watch, told_scarce=0 < units <= FEW)
        if not store.add(work, shop, watch):
            raise RuleBroken("stale_write", "it was asked for twice at once")
    else:
        watch = replace(
            was, cheaper=wish.cheaper, scarce=wish.scarce, locale=wish.locale, touched_at=at
        )
        store.save(work, shop, watch, was=was)
    if watch.confirmed_at is None:
        hearing.plan(work, shop, watch, MailKind.CONFIRM, at=at)
    return watch


def confirm(work: Connection, shop: str, watch_id: str, *, owner: str, at: datetime) -> None:
    """Whoever reads the address stands by it; what has become true meanwhile is told."""
    was = _owned(work, shop, watch_id, owner)
    if was.confirmed_at is not None:
        return
    seen = store.seen(work, shop, was.variant_id)
    now = replace(was, confirmed_at=at, touched_at=at, version=was.version + 1)
    if seen is not None and seen.currency != was.currency:
        now = replace(now, base=seen.price, currency=seen.currency)
    store.save(work, shop, now, was=was)
    hearing.look_again(work, shop, now, at=at)


def look(work: Connection, shop: str, owner: str, *, at: datetime) -> tuple[Watched, ...]:
    """What somebody watches, the newest first; that they looked keeps it for another year."""
    store.touch(work, shop, owner, at=at)
    found = []
    for watch in store.of_owner(work, shop, owner):
        seen = store.seen(work, shop, watch.variant_id)
        if seen is not None:
            found.append(Watched(watch, seen))
    return tuple(found)


def end(work: Connection, shop: str, watch_id: str, *, owner: str) -> None:
    """Nothing more is written because of it; ending it twice is the same."""
    watch = store.find(work, shop, watch_id)
    if watch is not None and watch.owner == owner:
        store.remove(work, [(shop, watch_id)])


def end_all(work: Connection, shop: str, owner: str) -> int:
    """The owner watches nothing any more; how many it were."""
    mine = store.of_owner(work, shop, owner)
    store.remove(work, [(shop, one.watch_id) for one in mine])
    return len(mine)


def forget_customer(
    work: Connection, shop: str, customer_id: int, *, at: datetime
) -> dict[str, int]:
    """The customer watches nothing any more. Returns how many watches there were."""
    return {"watches": end_all(work, shop, customer_owner(customer_id))}


def merge_customer(
    work: Connection, shop: str, *, kept_id: int, gone_id: int, at: datetime
) -> None:
    """What the customer who is gone watched, the other one does."""
    store.rename_owner(work, shop, customer_owner(gone_id), customer_owner(kept_id))


def export_customer(view: Connection, shop: str, customer_id: int) -> dict[str, Any]:
    """What the customer watches; prices in hundredths, times in ISO 8601, UTC."""
    return {
        "watches": [_exported(view, shop, one) for one in _of_customer(view, shop, customer_id)]
    }


def _of_customer(view: Connection, shop: str, customer_id: int) -> list[Watch]:
    return store.of_owner(view, shop, customer_owner(customer_id))


def _exported(view: Connection, shop: str, watch: Watch) -> dict[str, Any]:
    seen = store.seen(view, shop, watch.variant_id)
    return {
        "watch_id": watch.watch_id,
        "title": seen.title if seen else "",
        "variant_id": watch.variant_id,
        "cheaper_than": watch.base if watch.cheaper else None,
        "currency": watch.currency,
        "scarce": watch.scarce,
        "asked_at": watch.asked_at.isoformat(),
    }


def _new(wish: Wish, by: Watcher, seen: Seen, *, at: datetime) -> Watch:
    return Watch(
        watch_id=uuid.uuid4().hex,
        owner=by.owner,
        variant_id=wish.variant_id,
        cheaper=wish.cheaper,
        scarce=wish.scarce,
        base=seen.price,
        currency=seen.currency,
        told_scarce=False,
        locale=wish.locale[:20],
        asked_at=at,
        touched_at=at,
        confirmed_at=None if by.address else at,
        address=by.address,
    )


def _refuse_too_many(work: Connection, shop: str, by: Watcher, count: int, *, at: datetime) -> None:
    if count >= MOST_WATCHES:
        raise RuleBroken("too_many_watches", f"at most {MOST_WATCHES} watches")
    if by.address is None:
        return
    day, hour = at - timedelta(days=1), at - timedelta(hours=1)
    asked = store.count_unconfirmed(work, shop, since=day, owner=by.owner)
    lately = store.count_unconfirmed(work, shop, since=hour)
    if asked >= MOST_ASKED or lately >= MOST_ASKED_HOURLY:
        raise RuleBroken("too_many_asked", "confirm what was mailed first, or try again later")


def _owned(work: Connection, shop: str, watch_id: str, owner: str) -> Watch:
    watch = store.find(work, shop, watch_id)
    if watch is None or watch.owner != owner:
        raise NotFound("watch_unknown", "this is not watched any more")
    return watch


def _address(text: str) -> str:
    address = text.strip()
    try:
        parsed = Address(addr_spec=address)
    except (ValueError, IndexError, MessageError):
        parsed = Address()
    named = parsed.username and "." in parsed.domain and parsed.addr_spec == address
    if not named or len(address) > _LONGEST_ADDRESS or not address.isprintable():
        raise BadInput("address_not_valid", "an e-mail address looks like name@example.com")
    return address
