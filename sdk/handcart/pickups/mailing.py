"""Which mails a pickup is due, when, and whether one is still true when its time has come.

They follow from the steps of its life, as clocks do, and are added in the same transaction. What
is due in the store's quiet hours waits until they are over; what is no longer true by then is
never sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from ..storage import add_task
from .hours import on_the_clock
from .model import Pickup
from .states import PREPARING, Act, State

MAIL = "pickup_mail"
_DAY = timedelta(days=1)
_TO_FETCH = (State.READY, State.PARTLY_READY, State.PARTLY_COLLECTED, State.ON_MY_WAY)


class MailKind(StrEnum):
    READY = "ready"
    PARTLY_READY = "partly_ready"
    REMINDER = "reminder"
    LAST_DAY = "last_day"
    EXPIRED = "expired"
    SHORT = "short"

    @property
    def invites(self) -> bool:
        """Whether the shopper is to come because of it: such a mail has the code and a time."""
        return self not in (MailKind.EXPIRED, MailKind.SHORT)


_TRUE_IN = {
    MailKind.READY: (State.READY, State.ON_MY_WAY),
    MailKind.PARTLY_READY: (State.PARTLY_READY, State.ON_MY_WAY),
    MailKind.REMINDER: _TO_FETCH,
    MailKind.LAST_DAY: _TO_FETCH,
    MailKind.EXPIRED: (State.EXPIRED,),
    MailKind.SHORT: (State.SHORT,),
}
# Staff go on looking, name a substitute or decide for the shopper: nobody hears of each step.
_STAFF_DECIDE = timedelta(minutes=5)
# What says again what lies there; a reminder does for whatever else.
_AGAIN = {State.READY: MailKind.READY, State.PARTLY_READY: MailKind.PARTLY_READY}


def plan(
    work: Connection, shop: str, before: Pickup, after: Pickup, act: Act, *, at: datetime
) -> None:
    """The mails that follow from one step wait in the outbox, each under a name of its own."""
    for kind, due_at in due(before, after, act, at=at):
        add_task(
            work,
            shop,
            MAIL,
            {
                "pickup_id": after.pickup_id,
                "kind": kind.value,
                "expires_at": after.expires_at.isoformat() if after.expires_at else None,
            },
            at=at,
            kind="job",
            due_at=due_at,
            key=f"mail:{after.pickup_id}:{kind}:{after.version}",
        )


def due(
    before: Pickup, after: Pickup, act: Act, *, at: datetime
) -> Iterator[tuple[MailKind, datetime]]:
    """When goods lie at the counter, a day later, a day before they are put back, and then; when
    something is still missing after a while; and whenever staff tell the shopper again.
    """
    if act is Act.TELL:
        yield _AGAIN.get(after.state, MailKind.REMINDER), at
    if after.state is State.READY and before.state in PREPARING:
        yield MailKind.READY, at
    elif before.expires_at is None and after.expires_at is not None:
        yield MailKind.PARTLY_READY, at
    if after.expires_at and after.expires_at != before.expires_at:
        last = after.expires_at - _DAY
        if before.expires_at is None and at + _DAY < last:
            yield MailKind.REMINDER, at + _DAY
        if last > at:
            yield MailKind.LAST_DAY, last
    if act is Act.EXPIRE:
        yield MailKind.EXPIRED, at
    if after.state is State.SHORT and before.state is not State.SHORT:
        yield MailKind.SHORT, at + _STAFF_DECIDE


def is_true(pickup: Pickup, kind: MailKind, *, expires_at: str | None) -> bool:
    """Whether the mail still says what is so; one of the last day is of one last day only."""
    if pickup.held or pickup.state not in _TRUE_IN[kind]:
        return False
    now = pickup.expires_at.isoformat() if pickup.expires_at else None
    return kind is not MailKind.LAST_DAY or now == expires_at


def out_of_quiet(at: datetime, *, start: time, end: time, zone: ZoneInfo) -> datetime:
    """``at``, or the end of the quiet hours that it lies in, on the clocks of ``zone``.

    An end that a change of clocks skips is the moment of the change; of one that comes twice the
    first counts, unless ``at`` is after it already.
    """
    local = at.astimezone(zone)
    if not _is_within(local.time(), start, end):
        return at
    day: date = local.date() if local.time() < end else local.date() + _DAY
    over = on_the_clock(datetime.combine(day, end), zone)
    return over if over > at else over + (at - over) + timedelta(minutes=1)


def _is_within(now: time, start: time, end: time) -> bool:
    if start <= end:
        return start <= now < end
    return now >= start or now < end
