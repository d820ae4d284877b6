"""When a shopper who asked is told that something is cheaper or scarce; no I/O.

Telling is a service and no pressure: nothing counts down, no number of units is named, and what
comes and goes is not told at all. The rules:

- **cheaper**: the price lies below ``base``, which is the price when it was asked, or the last one
  told. A price that was higher for ``STANDS`` becomes the base: its next fall is news again.
- **scarce**: ``FEW`` or fewer can still be promised, but not none. It is told once, and again only
  after there were ``PLENTY``.
- either is told when it has been so for ``SETTLE``, a fall of the price ``REST`` after the last one
  at the earliest.

Prices are the shop's own, in its currency, in hundredths as the platform's carts count them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

SETTLE = timedelta(minutes=15)
REST = timedelta(days=1)
STANDS = timedelta(days=14)
FEW = 3
PLENTY = 6

MOST_WATCHES = 50
# Mails to addresses that nobody has confirmed: so many to one, and so many of a shop in an hour.
MOST_ASKED = 3
MOST_ASKED_HOURLY = 200

_CUSTOMER = "customer:"


class MailKind(StrEnum):
    CONFIRM = "confirm"
    CHEAPER = "cheaper"
    SCARCE = "scarce"


@dataclass(frozen=True, slots=True)
class Seen:
    """A variant as the platform last told of it: its product changed at ``told_at``.

    ``price_since`` is when it began to cost ``price``; ``on_sale``: its product is active.
    """

    variant_id: int
    product_id: int
    item_id: int | None
    title: str
    handle: str
    price: int
    currency: str
    on_sale: bool
    price_since: datetime
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Watch:
    """One shopper's wish about one variant.

    ``owner`` is ``customer:<id>``, or ``mail:<digest>`` of an address, which is ``address``,
    sealed. Nothing is written before ``confirmed_at`` but the question whether to. ``version``
    counts what was decided about it, so that each decision has a name.
    """

    watch_id: str
    owner: str
    variant_id: int
    cheaper: bool
    scarce: bool
    base: int
    currency: str
    told_scarce: bool
    locale: str
    asked_at: datetime
    touched_at: datetime
    confirmed_at: datetime | None
    cheaper_told_at: datetime | None = None
    version: int = 1
    address: str | None = field(default=None, repr=False)

    @property
    def customer_id(self) -> int | None:
        """The customer who asked; None for somebody with an address only."""
        number = self.owner.removeprefix(_CUSTOMER)
        return int(number) if number != self.owner else None


def hundredths(price: Decimal) -> int:
    """``19.99`` is 1999, in every currency: so the platform's own carts count."""
    return int((price * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def base_after(watch: Watch, before: Seen, now: Seen) -> int:
    """Below which price the watch is told of ``now``, of which ``before`` was the price so far."""
    if watch.currency != now.currency:
        return now.price
    stood = now.price_since - before.price_since >= STANDS
    return before.price if stood and before.price > watch.base else watch.base


def is_cheaper(watch: Watch, seen: Seen) -> bool:
    """Whether there is something to tell of the price."""
    if not watch.cheaper or watch.confirmed_at is None or not seen.on_sale:
        return False
    return watch.currency == seen.currency and seen.price < watch.base


def is_scarce(watch: Watch, seen: Seen, units: int) -> bool:
    """Whether there is something to tell of the stock, of which ``units`` can be promised."""
    if not watch.scarce or watch.confirmed_at is None or not seen.on_sale:
        return False
    return not watch.told_scarce and 0 < units <= FEW


def may_go_at(watch: Watch, kind: MailKind) -> datetime | None:
    """Before when the watch is told nothing of this kind."""
    if kind is MailKind.CHEAPER and watch.cheaper_told_at is not None:
        return watch.cheaper_told_at + REST
    return None
