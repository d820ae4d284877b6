"""A mail server that delivers nothing: what apps send on this machine is shown behind the scenes.

It speaks as much of SMTP (RFC 5321) as it takes to be sent to: no TLS, no passwords, no relaying.
"""

from __future__ import annotations

import socketserver
import threading
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from ..errors import SettingsError

_KEPT = 200
_LARGEST = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it came; ``number`` counts from 1."""

    number: int
    to: tuple[str, ...]
    message: EmailMessage

    def part(self, kind: str) -> str:
        """Its text as ``plain`` or ``html``; empty when it has none."""
        found = self.message.get_body((kind,))
        return str(found.get_content()) if found else ""


class Mailbox:
    """Listens on this machine's ``port`` (0: any free one) from ``start`` to ``stop``."""

    def __init__(self, *, port: int = 0) -> None:
        try:
            self._server = _Server(("127.0.0.1", port), self)
        except OSError:
            raise SettingsError("port_taken", f"something else listens on port {port}") from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._kept: deque[Mail] = deque(maxlen=_KEPT)
        self._count = 0
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def mails(self) -> tuple[Mail, ...]:
        """The newest first."""
        return tuple(reversed(self._kept))

    def keep(self, to: tuple[str, ...], content: bytes) -> None:
        message = message_from_bytes(content, policy=policy.default)
        with self._lock:
            self._count += 1
            self._kept.append(Mail(self._count, to, message))

    def clear(self) -> None:
        self._kept.clear()

    def start(self) -> Mailbox:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], mailbox: Mailbox) -> None:
        super().__init__(address, _Talk)
        self.mailbox = mailbox


class _Talk(socketserver.StreamRequestHandler):
    """One connection."""

    timeout = 60
    server: _Server

    def handle(self) -> None:
        self._to: list[str] = []
        self._say("220 local mailbox")
        while line := self.rfile.readline(1024):
            word, _, rest = line.decode("latin-1").strip().partition(" ")
            if word.upper() == "QUIT":
                self._say("221 bye")
                return
            self._answer(word.upper(), rest)

    def _answer(self, word: str, rest: str) -> None:
        if word == "DATA":
            self._take()
        elif word == "RCPT":
            self._to.append(rest.partition("<")[2].partition(">")[0])
            self._say("250 ok")
        elif word in ("EHLO", "HELO", "MAIL", "RSET", "NOOP"):
            if word != "NOOP":
                self._to.clear()
            self._say("250 ok")
        else:
            self._say("502 not served")

    def _take(self) -> None:
        self._say("354 end with a dot")
        lines: list[bytes] = []
        size = 0
        while (line := self.rfile.readline()) and line.rstrip(b"\r\n") != b".":
            size += len(line)
            if size <= _LARGEST:
                lines.append(line[1:] if line.startswith(b"..") else line)
        if size > _LARGEST:
            self._say("552 too large")
            return
        self.server.mailbox.keep(tuple(self._to), b"".join(lines))
        self._to.clear()
        self._say("250 kept")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
