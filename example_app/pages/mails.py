"""The words of the mails to shoppers, in the customer's language and on the store's clock."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, g, render_template

from handcart.mails import PickupMail, WatchMail, Written

from .translate import Words, gettext, isolate, lazy_gettext

SUBJECTS = {
    "ready": lazy_gettext("Order %(order)s is ready for you at %(store)s"),
    "partly_ready": lazy_gettext("A part of order %(order)s is ready for you at %(store)s"),
    "reminder": lazy_gettext("Order %(order)s is still waiting for you at %(store)s"),
    "last_day": lazy_gettext("Last day: order %(order)s waits for you at %(store)s"),
    "expired": lazy_gettext("Order %(order)s was not collected in time at %(store)s"),
    "short": lazy_gettext("Something is missing from order %(order)s at %(store)s"),
}

WATCH_SUBJECTS = {
    "confirm": lazy_gettext("Shall we tell you about %(title)s?"),
    "cheaper": lazy_gettext("%(title)s costs less now"),
    "scarce": lazy_gettext("Not much is left of %(title)s"),
}


class MailWriter:
    """Writes a PickupMail with the templates of the pages."""

    def __init__(self, flask_app: Flask) -> None:
        self._flask = flask_app

    def __call__(self, mail: PickupMail) -> Written:
        address = f"/?locale={quote(mail.locale)}"
        with self._flask.test_request_context(address):
            g.now = mail.at
            g.time_zone = mail.hours.zone.key
            words: Words = SUBJECTS[mail.kind.value]
            subject = gettext(str(words), order=mail.pickup.order_name, store=mail.place.name)
            return Written(
                subject=_plain(subject),
                text=render_template("mail.txt", mail=mail, isolate=isolate),
                html=render_template("mail.html", mail=mail, subject=subject),
            )


class WatchWriter:
    """Writes a WatchMail with the templates of the pages."""

    def __init__(self, flask_app: Flask) -> None:
        self._flask = flask_app

    def __call__(self, mail: WatchMail) -> Written:
        language = f"?locale={quote(mail.locale)}"
        with self._flask.test_request_context(f"/{language}"):
            subject = gettext(str(WATCH_SUBJECTS[mail.kind]), title=mail.title)
            told = {
                "mail": mail,
                "subject": subject,
                "own_page": mail.link + language,
                "address": mail.link + language if mail.kind == "confirm" else mail.product,
            }
            return Written(
                subject=_plain(subject),
                text=render_template("watch_mail.txt", isolate=isolate, **told),
                html=render_template("watch_mail.html", **told),
            )


def _plain(subject: str) -> str:
    """Without the marks that isolate a part: mail programs show them."""
    return subject.replace("\u2068", "").replace("\u2069", "")
