"""Sending one mail to who watches something, once in its effect.

What it says is asked when its time has come: a price that went up again and stock that came back
are not told. The mail server takes it before the transaction that notes it, so a process that dies
in between sends it again under the same Message-ID, which mailboxes show once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time
from email.errors import MessageError
from email.message import EmailMessage
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from ..crash import crash_point
from ..errors import NotVerified
from ..mails.message import message_of
from ..mails.model import WatchMail, WatchWriter
from ..mails.post import MailFailed, Post
from ..pickups.mailing import out_of_quiet
from ..platform.port import Contact
from ..shops import service as shops
from ..shops.model import Shop
from ..storage import Task
from . import hearing, service, store
from .links import WatchLink, sign_link
from .model import MailKind, Seen, Watch, is_cheaper, is_scarce, may_go_at

if TYPE_CHECKING:
    from ..app import Handcart

# In the shop's time zone, as stores have it unless they say otherwise.
QUIET_FROM, QUIET_UNTIL = time(21), time(8)
End = Literal["sent", "untrue", "unreachable"]
_UNTRUE: End = "untrue"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A mail that is still true."""

    kind: MailKind
    watch: Watch
    seen: Seen
    shop: Shop


def quiet_until(app: Handcart, task: Task) -> datetime | None:
    """When the mail may go if not now; None when it may, or need not go at all."""
    asked, now = _asked(app, task), app.clock()
    if asked is None or asked.kind is MailKind.CONFIRM:
        return None
    rested = may_go_at(asked.watch, asked.kind)
    free = out_of_quiet(
        max(now, rested or now),
        start=QUIET_FROM,
        end=QUIET_UNTIL,
        zone=ZoneInfo(asked.shop.time_zone),
    )
    return free if free > now else None


def send(app: Handcart, task: Task) -> None:
    """The mail is sent, unless it is not true any more; raises MailFailed.

    Who cannot be reached watches nothing any more.
    """
    writer, end = app.watch_writer, _UNTRUE
    if writer is None or not app.settings.smtp_url:
        return
    asked = _asked(app, task)
    if asked is not None:
        to = _contact(app, task.shop, asked.watch)
        end = _post(app, task, asked, writer, to=to) if to and to.email else "unreachable"
        crash_point("mail_sent")
    with app.db.writing() as work:
        watch = store.find(work, task.shop, task.payload["watch_id"])
        if watch is None:
            return
        if end == "unreachable":
            store.remove(work, [(task.shop, watch.watch_id)])
            return
        kind = MailKind(task.payload["kind"])
        now = _after(watch, kind, asked.seen if asked and end == "sent" else None, at=app.clock())
        store.save(work, task.shop, now, was=watch)
        hearing.look_again(work, task.shop, now, at=app.clock())


def read(app: Handcart, task: Task) -> None:
    """A variant that a webhook left out is known as the platform has it now."""
    variant_id = task.payload["variant_id"]
    found = app.platform(task.shop).variant(variant_id)
    with app.db.writing() as work:
        if found is None:
            store.drop_variant(work, task.shop, variant_id)
        else:
            hearing.variant_read(work, task.shop, found, at=app.clock())


def _asked(app: Handcart, task: Task) -> _Asked | None:
    kind = MailKind(task.payload["kind"])
    with app.db.reading() as view:
        watch = store.find(view, task.shop, task.payload["watch_id"])
        seen = store.seen(view, task.shop, watch.variant_id) if watch else None
        if watch is None or seen is None:
            return None
        units = hearing.promised(view, task.shop, watch.variant_id, at=app.clock())
        true = {
            MailKind.CONFIRM: watch.confirmed_at is None,
            MailKind.CHEAPER: is_cheaper(watch, seen),
            MailKind.SCARCE: is_scarce(watch, seen, units),
        }
        shop = shops.shop_of(view, task.shop)
    return _Asked(kind, watch, seen, shop) if true[kind] else None


def _contact(app: Handcart, shop: str, watch: Watch) -> Contact | None:
    """A customer is asked of the platform and kept nowhere."""
    if watch.customer_id is not None:
        return app.platform(shop).customer_contact(watch.customer_id)
    try:
        return Contact(service.address_of(app.keyring, shop, watch), watch.locale)
    except NotVerified:
        return None


def _post(app: Handcart, task: Task, asked: _Asked, writer: WatchWriter, *, to: Contact) -> End:
    mail = _mail(app, asked)
    written, sender = writer(mail), app.settings.mail_from
    try:
        message = message_of(mail, written, mail_id=task.key, sender=sender, to=to.email)
    except (ValueError, MessageError):
        return "unreachable"
    _offer_an_end(message, mail)
    try:
        Post(app.settings.smtp_url or "").send(message)
    except MailFailed as failed:
        if not failed.for_good:
            raise
        return "unreachable"
    return "sent"


def _offer_an_end(message: EmailMessage, mail: WatchMail) -> None:
    """Mail programs show a button that ends it at once (RFC 8058)."""
    message["List-Unsubscribe"] = f"<{mail.link}/stop>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _mail(app: Handcart, asked: _Asked) -> WatchMail:
    watch, seen, shop = asked.watch, asked.seen, asked.shop
    signed = sign_link(app.keyring, WatchLink(shop.domain, watch.owner))
    storefront = app.settings.platform_for(shop.domain)
    return WatchMail(
        kind=asked.kind.value,
        shop=shop,
        title=seen.title,
        price=seen.price,
        before=watch.base,
        currency=seen.currency,
        product=f"{storefront}/products/{seen.handle}?variant={seen.variant_id}",
        locale=watch.locale,
        at=app.clock(),
        link=f"{app.settings.app_url}/watches/{signed}",
    )


def _after(watch: Watch, kind: MailKind, told: Seen | None, *, at: datetime) -> Watch:
    """The watch once the mail has its end; ``told`` is what it said, None if it did not go."""
    now = replace(watch, version=watch.version + 1)
    if told is None or kind is MailKind.CONFIRM:
        return now
    if kind is MailKind.SCARCE:
        return replace(now, told_scarce=True, touched_at=at)
    return replace(now, base=min(watch.base, told.price), cheaper_told_at=at, touched_at=at)
