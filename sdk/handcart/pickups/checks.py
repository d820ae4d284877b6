"""Checking a code at the counter: five wrong tries lock the pickup's code for fifteen minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ..errors import Denied, HandcartError, TooManyTries
from ..keys import Keyring
from . import proxies, store
from .codes import LOCKED_FOR, TRIES
from .model import Pickup
from .signed import is_signed, read_signed


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """What a try came to; returned and not raised, so that the try is committed with it."""

    right: bool
    tries_left: int
    locked_until: datetime | None = None

    @property
    def refused(self) -> str:
        """The code of the error that ``refuse`` raises; nothing for the right code."""
        error = self._error()
        return error.code if error else ""

    def refuse(self) -> None:
        """Raise Denied for a wrong code and TooManyTries for a locked one."""
        error = self._error()
        if error:
            raise error

    def _error(self) -> HandcartError | None:
        if self.locked_until:
            return TooManyTries("code_locked", "too many wrong codes; try again in 15 minutes")
        return None if self.right else Denied("code_wrong", "this is not the code of the order")


def check_code(
    work: Connection, shop: str, pickup_id: str, *, code: str, keyring: Keyring, at: datetime
) -> CodeCheck:
    """One try, counted once this transaction commits; while locked, the right code is refused too.

    Call it in a transaction of its own, then ``refuse()`` outside, then ``hand_over``.
    """
    pickup = store.get(work, shop, pickup_id)
    until = _locked(work, shop, pickup, at=at)
    if until:
        return CodeCheck(right=False, tries_left=0, locked_until=until)
    if _whose(work, shop, pickup, code=code, keyring=keyring, at=at):
        store.set_tries(work, shop, pickup_id, locked=None)
        return CodeCheck(right=True, tries_left=TRIES)
    tries = store.count_wrong_try(work, shop, pickup_id)
    if tries < TRIES:
        return CodeCheck(right=False, tries_left=TRIES - tries)
    store.set_tries(work, shop, pickup_id, locked=at + LOCKED_FOR)
    return CodeCheck(right=False, tries_left=0, locked_until=at + LOCKED_FOR)


def refuse_wrong_code(
    work: Connection, shop: str, pickup: Pickup, *, code: str, keyring: Keyring, at: datetime
) -> str:
    """Whose code it is, ``shopper`` or ``proxy:3``; raises Denied or TooManyTries."""
    until = _locked(work, shop, pickup, at=at)
    whose = _whose(work, shop, pickup, code=code, keyring=keyring, at=at)
    CodeCheck(right=whose is not None, tries_left=0, locked_until=until).refuse()
    return whose or ""


def _whose(
    work: Connection, shop: str, pickup: Pickup, *, code: str, keyring: Keyring, at: datetime
) -> str | None:
    sent = proxies.proxies_of(work, shop, pickup.pickup_id)
    if is_signed(code):
        signed = read_signed(keyring, shop, code)
        return signed.whose(pickup, sent, at=at) if signed else None
    return proxies.whose_code(
        keyring,
        shop,
        pickup.pickup_id,
        generation=pickup.generation,
        proxies=sent,
        code=code,
    )


def _locked(work: Connection, shop: str, pickup: Pickup, *, at: datetime) -> datetime | None:
    until = store.locked_until(work, shop, pickup.pickup_id)
    return until if until and until > at else None
