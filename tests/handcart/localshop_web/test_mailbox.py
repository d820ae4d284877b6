"""The mailbox of the local shop: a real SMTP conversation, and pages that show what came."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import requests

from handcart.localshop.server import LocalShop


def letter(subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "a@example.com", "b@example.com"
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    message.add_attachment(
        b"BEGIN:VCALENDAR", maintype="text", subtype="calendar", filename="x.ics"
    )
    return message


def test_what_is_sent_can_be_read_behind_the_scenes(shop: LocalShop) -> None:
    with smtplib.SMTP("127.0.0.1", shop.mailbox.port, timeout=20) as server:
        server.send_message(letter("Ready: #1001 – ようこそ", ".a line that begins with a dot"))
        server.send_message(letter("Second", "text"))
    listed = requests.get(f"{shop.url}/_local/mails/", timeout=20).text
    assert "Ready: #1001 – ようこそ" in listed
    first = requests.get(f"{shop.url}/_local/mails/1", timeout=20).text
    assert ".a line that begins with a dot" in first
    assert "..a line" not in first
    ics = requests.get(f"{shop.url}/_local/mails/1/x.ics", timeout=20)
    assert ics.content == b"BEGIN:VCALENDAR"
    state = requests.get(f"{shop.url}/_local/mails/state", timeout=20).json()
    assert [(one["number"], one["subject"], one["to"]) for one in state] == [
        (2, "Second", ["b@example.com"]),
        (1, "Ready: #1001 – ようこそ", ["b@example.com"]),
    ]


def test_a_mail_that_never_came_is_not_found(shop: LocalShop) -> None:
    for path in ("7", "7/x.ics", "1/other.ics"):
        assert requests.get(f"{shop.url}/_local/mails/{path}", timeout=20).status_code == 404


def test_beginning_again_empties_the_mailbox(shop: LocalShop) -> None:
    with smtplib.SMTP("127.0.0.1", shop.mailbox.port, timeout=20) as server:
        server.send_message(letter("First", "text"))
    shop.reset(shop.world)
    assert shop.mailbox.mails == ()
