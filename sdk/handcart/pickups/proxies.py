"""Whom a shopper sends in their place: a name, a code and a page of their own, all revocable.

Such a person sees what is to be collected and where; never a price or an address. Their code is
derived as the shopper's is, so nothing secret is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from ..errors import BadInput, NotFound, RuleBroken
from ..keys import Keyring
from . import store
from .codes import code_for, code_is_right
from .model import Pickup
from .tables import pickup_proxies, pickups

MOST = 3
_NAME = 80


@dataclass(frozen=True, slots=True)
class Proxy:
    """Somebody who may collect a pickup; ``by`` is how they are called in its history."""

    proxy_id: int
    name: str

    @property
    def by(self) -> str:
        return f"proxy:{self.proxy_id}"


def name_proxy(
    work: Connection, shop: str, pickup_id: str, *, name: str, by: str, at: datetime
) -> Proxy:
    """``name`` may collect the goods with a code of their own; raises RuleBroken after the third.

    Nobody but the shopper sends anybody.
    """
    pickup = _own(work, shop, pickup_id, by=by)
    line = " ".join(name.split())
    if not line:
        raise BadInput("proxy_name_missing", "say who collects it")
    if len(line) > _NAME:
        raise BadInput("text_too_long", f"at most {_NAME} characters")
    if not pickup.open:
        raise RuleBroken("pickup_over", "there is nothing left to collect")
    if len(proxies_of(work, shop, pickup_id)) >= MOST:
        raise RuleBroken("too_many_proxies", f"at most {MOST} people at a time")
    proxy = Proxy(_next(work, shop, pickup_id), line)
    work.execute(
        insert(pickup_proxies).values(
            shop=shop,
            pickup_id=pickup_id,
            proxy_id=proxy.proxy_id,
            name=proxy.name,
            named_at=at,
        )
    )
    return proxy


def revoke_proxy(
    work: Connection, shop: str, pickup_id: str, *, proxy_id: int, by: str, at: datetime
) -> None:
    """Their code and page are worth nothing any more; again changes nothing."""
    _own(work, shop, pickup_id, by=by)
    work.execute(
        update(pickup_proxies)
        .where(
            pickup_proxies.c.shop == shop,
            pickup_proxies.c.pickup_id == pickup_id,
            pickup_proxies.c.proxy_id == proxy_id,
            pickup_proxies.c.revoked_at.is_(None),
        )
        .values(revoked_at=at)
    )


def proxies_of(view: Connection, shop: str, pickup_id: str) -> tuple[Proxy, ...]:
    """Who may collect it in the shopper's place now, in the order they were named."""
    rows = view.execute(
        select(pickup_proxies)
        .where(
            pickup_proxies.c.shop == shop,
            pickup_proxies.c.pickup_id == pickup_id,
            pickup_proxies.c.revoked_at.is_(None),
        )
        .order_by(pickup_proxies.c.proxy_id)
    )
    return tuple(Proxy(row.proxy_id, row.name) for row in rows)


def proxies_of_all(
    view: Connection, shop: str, pickup_ids: Collection[str]
) -> dict[str, list[Proxy]]:
    """The same for many pickups; those without any are not named."""
    found: dict[str, list[Proxy]] = {}
    rows = view.execute(
        select(pickup_proxies).where(
            pickup_proxies.c.shop == shop, pickup_proxies.c.revoked_at.is_(None)
        )
    )
    for row in rows:
        if row.pickup_id in pickup_ids:
            found.setdefault(row.pickup_id, []).append(Proxy(row.proxy_id, row.name))
    return found


def proxy_of(view: Connection, shop: str, pickup_id: str, proxy_id: int) -> Proxy:
    """One who may collect it; raises NotFound when they may not any more."""
    for one in proxies_of(view, shop, pickup_id):
        if one.proxy_id == proxy_id:
            return one
    raise NotFound("pickup_link_replaced", "this link is not good any more")


def proxy_code(
    keyring: Keyring, shop: str, pickup_id: str, *, generation: int, proxy_id: int
) -> str:
    """The code that this person shows: another than the shopper's and everybody else's."""
    return code_for(keyring, shop, _of(pickup_id, proxy_id), generation=generation)


def whose_code(
    keyring: Keyring,
    shop: str,
    pickup_id: str,
    *,
    generation: int,
    proxies: Sequence[Proxy],
    code: str,
) -> str | None:
    """``shopper``, ``proxy:3``, or None for a wrong code; each is looked at, whichever is right."""
    found = None
    for by, name in [
        ("shopper", pickup_id),
        *((p.by, _of(pickup_id, p.proxy_id)) for p in proxies),
    ]:
        if code_is_right(keyring, shop, name, generation=generation, code=code):
            found = by
    return found


def forget_customer(work: Connection, shop: str, customer_id: int) -> None:
    """Nobody is named any more whom this customer sent; before their pickups forget them."""
    own = select(pickups.c.pickup_id).where(
        pickups.c.shop == shop, pickups.c.customer_id == customer_id
    )
    work.execute(
        delete(pickup_proxies).where(
            pickup_proxies.c.shop == shop, pickup_proxies.c.pickup_id.in_(own)
        )
    )


def _own(work: Connection, shop: str, pickup_id: str, *, by: str) -> Pickup:
    if by != "shopper":
        raise RuleBroken("shopper_only", "only who ordered sends somebody else")
    store.locked_until(work, shop, pickup_id)  # nobody else names somebody until the commit
    return store.get(work, shop, pickup_id)


def _next(view: Connection, shop: str, pickup_id: str) -> int:
    newest = view.execute(
        select(func.max(pickup_proxies.c.proxy_id)).where(
            pickup_proxies.c.shop == shop, pickup_proxies.c.pickup_id == pickup_id
        )
    ).scalar_one()
    return (newest or 0) + 1


def _of(pickup_id: str, proxy_id: int) -> str:
    return f"{pickup_id}/proxy {proxy_id}"
