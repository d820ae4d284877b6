"""Mails to shoppers: what they are about, and what somebody wrote for that; no I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ..pickups.hours import StoreHours
from ..pickups.lines import PickupLine
from ..pickups.mailing import MailKind
from ..pickups.model import Pickup
from ..shops.model import Shop
from ..stock.model import Place


@dataclass(frozen=True, slots=True)
class PickupMail:
    """What a writer is told. ``locale`` is the customer's (``es-MX``), ``link`` their own page,
    ``code`` what they show at the counter, in groups; empty when nothing waits for it.
    """

    kind: MailKind
    shop: Shop
    pickup: Pickup
    place: Place
    hours: StoreHours
    slot_minutes: int
    locale: str
    at: datetime
    link: str = field(repr=False)
    code: str = field(repr=False)

    @property
    def listed(self) -> list[tuple[int, PickupLine]]:
        """What the mail is about, as ``(units, line)``: the order, or what is missing of it."""
        missing = self.kind is MailKind.SHORT
        units = ((line.missing if missing else line.asked, line) for line in self.pickup.lines)
        return [(number, line) for number, line in units if number]


@dataclass(frozen=True, slots=True)
class Written:
    """The words of a mail, as text and as HTML that say the same."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class WatchMail:
    """What a writer is told of something that is watched: ``confirm``, ``cheaper`` or ``scarce``.

    ``price`` and ``before`` are in hundredths of ``currency``; ``product`` is its page in the shop,
    ``link`` the page on which all that its reader watches is confirmed or ended.
    """

    kind: str
    shop: Shop
    title: str
    price: int
    before: int
    currency: str
    product: str
    locale: str
    at: datetime
    link: str = field(repr=False)


Writer = Callable[[PickupMail], Written]
WatchWriter = Callable[[WatchMail], Written]
