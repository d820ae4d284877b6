"""Taps at a counter or a till: done once however often they are sent, by whom the token names.

``key`` is the tap's own, or empty for one that is sent once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import g
from sqlalchemy import Connection

from ..errors import BadInput
from ..pickups import Pickup, service, taps
from ..pickups.lines import Amounts
from . import handcart


class DoneBefore(Exception):
    """The same tap came before; ``refused`` is the code of what it came to, or nothing."""

    def __init__(self, refused: str = "") -> None:
        super().__init__(refused)
        self.refused = refused


def stop_repeats(key: str) -> None:
    """Raise DoneBefore for a tap that was answered before."""
    with handcart().db.reading() as view:
        before = taps.outcome(view, g.merchant.shop, taps.checked(key)) if key else None
    if before is not None:
        raise DoneBefore(before)


@contextmanager
def tapped(key: str) -> Iterator[Connection]:
    """The transaction of a tap; whoever comes with the same key afterwards finds it done."""
    app = handcart()
    with app.db.writing() as work:
        if key and not taps.keep(work, g.merchant.shop, taps.checked(key), at=app.clock()):
            raise DoneBefore
        yield work


def hand_over(
    pickup_id: str, *, code: str | None, key: str, units: Amounts | None = None, aged: bool = False
) -> Pickup:
    """``service.hand_over`` in a transaction of its own, after one that counts the try: a wrong
    code has to be counted even though nothing is handed over.
    """
    app = handcart()
    if code is not None:
        _check(pickup_id, code, key=key)
    with tapped(key) as work:
        return service.hand_over(
            work,
            g.merchant.shop,
            pickup_id,
            code=code,
            keyring=app.keyring,
            by=g.merchant.acting(),
            at=app.clock(),
            units=units,
            aged=aged,
        )


def _check(pickup_id: str, code: str, *, key: str) -> None:
    """Raise unless the code is right; the try is counted once, however often the tap is sent."""
    app, shop = handcart(), g.merchant.shop
    if not code.strip():
        raise BadInput("code_missing", "which code?")
    with app.db.writing() as work:
        check = service.check_code(
            work, shop, pickup_id, code=code, keyring=app.keyring, at=app.clock()
        )
        if key and check.refused:
            taps.keep(work, shop, taps.checked(key), outcome=check.refused, at=app.clock())
    check.refuse()
