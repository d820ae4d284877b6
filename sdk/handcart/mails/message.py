"""From what was written to what is posted (RFC 5322)."""

from __future__ import annotations

import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from .model import PickupMail, WatchMail, Written


def message_of(
    mail: PickupMail | WatchMail, written: Written, *, mail_id: str, sender: str, to: str
) -> EmailMessage:
    """Text and HTML. Made twice for the same mail it is the same message to every mailbox."""
    message = EmailMessage()
    message["Subject"] = " ".join(written.subject.split())
    message["From"] = Address(display_name=_line(mail.shop.name), addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Date"] = format_datetime(mail.at)
    message["Message-ID"] = message_id(mail.shop.domain, mail_id, host=host_of(sender))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(written.text)
    message.add_alternative(written.html, subtype="html")
    return message


def attach_calendar(message: EmailMessage, ics: bytes) -> None:
    message.add_attachment(
        ics,
        maintype="text",
        subtype="calendar",
        filename="pickup.ics",
        params={"method": "PUBLISH", "charset": "utf-8"},
    )


def message_id(shop: str, mail_id: str, *, host: str) -> str:
    digest = hashlib.sha256(f"{shop} {mail_id}".encode()).hexdigest()[:40]
    return f"<{digest}@{host}>"


def host_of(sender: str) -> str:
    return sender.rpartition("@")[2]


def _line(text: str) -> str:
    return " ".join(text.split())
