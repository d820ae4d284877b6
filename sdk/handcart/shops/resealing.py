"""Seal every token anew with the newest secret, so that an old one can be taken out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ..errors import NotVerified
from ..keys import Keyring
from ..storage import Database
from . import service, staff_tokens, store


@dataclass(frozen=True, slots=True)
class Resealed:
    """``unreadable`` are the shops whose tokens no key of ours opens: their merchants have to
    open the app again."""

    sealed: int = 0
    current: int = 0
    unreadable: tuple[str, ...] = ()


def reseal(db: Database, keyring: Keyring) -> Resealed:
    """Every token that an older secret sealed is sealed with the newest, one shop at a time.

    May be interrupted and run again, and runs beside everything else: a token that was renewed
    meanwhile is sealed with the newest already. Staff tokens live a day and are dropped, so that
    the next request gets a new one.
    """
    done, current, unreadable = 0, 0, []
    for shop in _shops(db):
        with db.writing() as work:
            state = _reseal(work, shop, keyring)
        done += state == "sealed"
        current += state == "current"
        if state == "unreadable":
            unreadable.append(shop)
    return Resealed(done, current, tuple(unreadable))


def _reseal(work: Connection, shop: str, keyring: Keyring) -> str:
    was = store.find(work, shop)
    if was is None or (was.sealed_access is None and was.sealed_refresh is None):
        return "empty"
    columns = {}
    for column, kept in (("access", was.sealed_access), ("refresh", was.sealed_refresh)):
        place = service.place_of(shop, column)
        if kept is None or keyring.is_current("tokens", kept, context=place):
            continue
        try:
            plain = keyring.decrypt("tokens", kept, context=place)
        except NotVerified:
            return "unreadable"
        columns[f"sealed_{column}"] = keyring.encrypt("tokens", plain, context=place)
    if not columns:
        return "current"
    staff_tokens.forget(work, shop)
    return "sealed" if store.amend(work, was, **columns) else "current"


def _shops(db: Database) -> Iterator[str]:
    """Every shop that was ever installed, a hundred at a time, in order."""
    after = ""
    while True:
        with db.reading() as view:
            kept = store.installations.c.shop
            page = list(view.scalars(select(kept).where(kept > after).order_by(kept).limit(100)))
        yield from page
        if not page:
            return
        after = page[-1]
