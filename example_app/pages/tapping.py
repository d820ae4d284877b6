"""Taps at the counter: done once however often they are sent, by whom the token names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import g, request
from sqlalchemy import Connection

from handcart.pickups import taps
from handcart.web import handcart

HEADER = "Idempotency-Key"


class DoneBefore(Exception):
    """The same tap came before; ``refused`` is the code of what it came to, or nothing."""

    def __init__(self, refused: str = "") -> None:
        super().__init__(refused)
        self.refused = refused


def stop_repeats() -> None:
    """Raise DoneBefore for a tap that was answered before."""
    with handcart().db.reading() as view:
        before = taps.outcome(view, g.merchant.shop, _key()) if _key() else None
    if before is not None:
        raise DoneBefore(before)


@contextmanager
def tapped() -> Iterator[Connection]:
    """The transaction of a tap; whoever comes with the same key afterwards finds it done."""
    app = handcart()
    with app.db.writing() as work:
        if _key() and not taps.keep(work, g.merchant.shop, _key(), at=app.clock()):
            raise DoneBefore
        yield work


def refused(work: Connection, code: str) -> None:
    """The tap came to this, and is not to be tried again when its answer got lost."""
    if _key():
        taps.keep(work, g.merchant.shop, _key(), outcome=code, at=handcart().clock())


def _key() -> str:
    given = request.headers.get(HEADER, "")
    return taps.checked(given) if given else ""
