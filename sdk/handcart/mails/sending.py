"""Sending one mail, once in its effect.

The task says which mail; whom it goes to is asked of the platform at that moment and kept
nowhere. The mail server takes it before the row is written that says so, so a process that dies
in between sends it again under the same Message-ID, which mailboxes show once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ..crash import crash_point
from ..locales import LOCALE
from ..pickups import PageLink, code_for, in_groups, planning, sign_link, store
from ..pickups.mailing import MailKind, is_true, out_of_quiet
from ..pickups.model import Pickup
from ..pickups.planning import Plan
from ..platform.port import Contact
from ..shops import service as shops
from ..stock import service as stock
from ..storage import Task
from ..storage.upsert import upsert
from .calendar import calendar_of
from .message import attach_calendar, host_of, message_of
from .model import PickupMail, Writer
from .post import MailFailed, Post
from .tables import end_of, mails

if TYPE_CHECKING:
    from ..app import Handcart


@dataclass(frozen=True, slots=True)
class _Asked:
    """A mail that is still true, and by which rules it goes."""

    kind: MailKind
    pickup: Pickup
    plan: Plan


def quiet_until(app: Handcart, task: Task) -> datetime | None:
    """When the mail may go if not now; None when it may, or need not go at all."""
    asked = _asked(app, task)
    if asked is None:
        return None
    rules, now = asked.plan.rules, app.clock()
    free = out_of_quiet(
        now, start=rules.quiet_from, end=rules.quiet_until, zone=asked.plan.hours.zone
    )
    return free if free > now else None


def send(app: Handcart, task: Task) -> None:
    """The mail is sent, unless it was, or is not true any more; raises MailFailed."""
    writer, asked = app.mail_writer, _asked(app, task)
    if writer is None or asked is None:
        return
    to = app.platform(task.shop).order_contact(asked.pickup.order_id)
    end = "nobody"
    if to is not None and to.email:
        end = _post(app, task, asked, writer, to=to)
    crash_point("mail_sent")
    _keep(app, task, asked, end)


def _asked(app: Handcart, task: Task) -> _Asked | None:
    if app.mail_writer is None or not app.settings.smtp_url:
        return None
    payload = task.payload
    kind = MailKind(payload["kind"])
    with app.db.reading() as view:
        pickup = store.find(view, task.shop, payload["pickup_id"])
        if pickup is None or not is_true(pickup, kind, expires_at=payload["expires_at"]):
            return None
        plan = planning.plan_of(view, task.shop, pickup.location_id)
        if not plan.rules.mails or end_of(view, task.shop, task.key):
            return None
    return _Asked(kind, pickup, plan)


def _post(app: Handcart, task: Task, asked: _Asked, writer: Writer, *, to: Contact) -> str:
    mail = _mail(app, task.shop, asked, locale=to.locale)
    written = writer(mail)
    sender = app.settings.mail_from
    try:
        message = message_of(mail, written, mail_id=task.key, sender=sender, to=to.email)
    except ValueError:
        return "refused"  # no address that a mail could be sent to
    ics = calendar_of(mail, title=written.subject, host=host_of(sender))
    if ics is not None:
        attach_calendar(message, ics)
    try:
        Post(app.settings.smtp_url or "").send(message)
    except MailFailed as failed:
        if not failed.for_good:
            raise
        return "refused"
    return "sent"


def _mail(app: Handcart, shop: str, asked: _Asked, *, locale: str) -> PickupMail:
    pickup = asked.pickup
    with app.db.reading() as view:
        place = stock.place(view, shop, pickup.location_id)
        about = shops.shop_of(view, shop)
    link = sign_link(app.keyring, PageLink(shop, pickup.pickup_id, pickup.generation))
    waits = any(line.waiting for line in pickup.lines) and asked.kind.invites
    code = code_for(app.keyring, shop, pickup.pickup_id, generation=pickup.generation)
    spoken = f"?locale={locale}" if LOCALE.fullmatch(locale) else ""
    return PickupMail(
        kind=asked.kind,
        shop=about,
        pickup=pickup,
        place=place,
        hours=asked.plan.hours,
        slot_minutes=asked.plan.rules.slot_minutes,
        locale=locale,
        at=app.clock(),
        link=f"{app.settings.app_url}/pickup/{link}{spoken}",
        code=in_groups(code) if waits else "",
    )


def _keep(app: Handcart, task: Task, asked: _Asked, end: str) -> None:
    with app.db.writing() as work:
        work.execute(
            upsert(work, mails)
            .values(
                shop=task.shop,
                mail_id=task.key,
                pickup_id=asked.pickup.pickup_id,
                kind=asked.kind.value,
                end=end,
                ended_at=app.clock(),
            )
            .on_conflict_do_nothing()
        )
