"""A step is counted, and the days are read. No row and no request says whose step it was."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from itsdangerous import BadData
from sqlalchemy import Connection

from ..errors import BadInput
from ..keys import Keyring
from ..shops import service as shops
from . import store
from .model import STEPS, DayOnTheWeb

_PURPOSE = "web pixel"


def seal_ticket(keyring: Keyring, shop: str) -> str:
    """What the shop's pixel shows at the door. Every visitor can read it, so it proves only that
    we gave it to this shop: enough to count by, and for nothing else."""
    return str(keyring.serializer(_PURPOSE).dumps(shop))


def open_ticket(keyring: Keyring, ticket: str) -> str | None:
    """The shop that the ticket was given to; None for one that we did not make."""
    try:
        shop = keyring.serializer(_PURPOSE).loads(ticket)
    except BadData:
        return None
    return shop if isinstance(shop, str) else None


def count(work: Connection, shop: str, step: str, *, at: datetime) -> None:
    """One more browser session came to this step today, by the shop's calendar.

    Raises BadInput for a step that is not counted, and NotInstalled.
    """
    if step not in STEPS:
        raise BadInput("step_unknown", f"steps are {', '.join(STEPS)}")
    shops.installation_of(work, shop)
    store.add_one(work, shop, today(work, shop, at=at), step)


def today(view: Connection, shop: str, *, at: datetime) -> date:
    """The date where the shop is; raises NotInstalled."""
    return at.astimezone(ZoneInfo(shops.shop_of(view, shop).time_zone)).date()


def last_days(view: Connection, shop: str, *, days: int, at: datetime) -> tuple[DayOnTheWeb, ...]:
    """The last ``days`` days of the shop, today first, also those on which nothing was counted."""
    last = today(view, shop, at=at)
    each = [last - timedelta(days=number) for number in range(days)]
    found = store.counts(view, shop, first=each[-1], last=last)
    return tuple(DayOnTheWeb(day, found.get(day, {})) for day in each)
