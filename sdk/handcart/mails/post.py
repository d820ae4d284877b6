"""Mails by SMTP, with the standard library; the address in the settings says where.

Nothing that names a person leaves this module in an error: servers repeat addresses in theirs.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from ..errors import PlatformError

_SECONDS = 20
_FOR_GOOD = range(500, 600)


class MailFailed(PlatformError):
    """The server did not take the mail; ``for_good`` when it never will."""

    def __init__(self, code: str, answer: int = 0, *, for_good: bool = False) -> None:
        super().__init__(code, f"the mail server answered {answer}" if answer else code)
        self.for_good = for_good


@dataclass(frozen=True, slots=True)
class Post:
    """``url``: ``smtp://user:password@host:587`` (TLS wherever the server has it) or ``smtps://``."""

    url: str

    def send(self, message: EmailMessage) -> None:
        """The server has the mail; raises MailFailed."""
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            answers = [code for code, _ in refused.recipients.values()]
            answer = min(answers, default=0)
            raise MailFailed(
                "mail_refused", answer, for_good=all(each in _FOR_GOOD for each in answers)
            ) from None
        except smtplib.SMTPResponseException as error:
            answer = error.smtp_code
            bad_login = isinstance(error, smtplib.SMTPAuthenticationError)
            raise MailFailed(
                "mail_refused", answer, for_good=answer in _FOR_GOOD and not bad_login
            ) from None
        except (OSError, smtplib.SMTPException):
            raise MailFailed("mail_server_silent") from None

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, secure = parts.hostname or "", parts.scheme == "smtps"
        context = ssl.create_default_context()
        if secure:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=_SECONDS)
        try:
            if not secure:
                _encrypt(server, context, must=bool(parts.username))
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
        except BaseException:
            server.close()
            raise
        return server


def _encrypt(server: smtplib.SMTP, context: ssl.SSLContext, *, must: bool) -> None:
    """TLS wherever the server has it; a password never goes without."""
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
        server.ehlo()
    elif must:
        raise smtplib.SMTPNotSupportedError("no password without TLS")
