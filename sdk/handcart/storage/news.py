"""What was just committed, told at once to whoever listens, in this process and in the others.

News is a hint, never the truth: it may be lost with a connection or told twice. Who hears it reads
the database. In an embedded database it goes from the commit to the listeners of this process; on
PostgreSQL with one NOTIFY for each transaction, which the server tells every process.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, text

if TYPE_CHECKING:
    import psycopg

Listener = Callable[[Sequence[str]], None]

# After a lost connection: whatever one listens for may have changed.
ANYTHING = "*"
_NEWS = "handcart_news"
_CHANNEL = "handcart_news"
_NOTIFY = text("SELECT pg_notify(:channel, :news)")
# A payload may have 8,000 bytes (postgresql.org, NOTIFY).
_LONGEST = 7_500
_PATIENCE = 0.5
log = logging.getLogger(__name__)


def tell(work: Connection, news: str) -> None:
    """When this transaction is committed, listeners hear ``news``, a line of plain ASCII."""
    work.info.setdefault(_NEWS, {})[news] = None


def told(work: Connection) -> list[str]:
    """Take what was told in this transaction, each thing once."""
    return list(work.info.pop(_NEWS, ()))


def notify(work: Connection, news: Iterable[str]) -> None:
    """PostgreSQL tells its listeners at the commit; one call unless there is very much."""
    for payload in _payloads(news):
        work.execute(_NOTIFY, {"channel": _CHANNEL, "news": payload})


def _payloads(news: Iterable[str]) -> Iterator[str]:
    lines: list[str] = []
    size = 0
    for line in news:
        if lines and size + len(line) + 1 > _LONGEST:
            yield "\n".join(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    if lines:
        yield "\n".join(lines)


class News:
    """Who listens in this process. A listener must be quick and may be called from any thread."""

    def __init__(self, url: URL | None) -> None:
        self._url = url
        self._listeners: list[Listener] = []
        self._changing = threading.Lock()
        self._ear: _Ear | None = None

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear everything told from now on, until the returned function is called."""
        with self._changing:
            self._listeners = [*self._listeners, listener]
            if self._url is not None and self._ear is None:
                self._ear = _Ear(self._url, self.publish)
                self._ear.start()

        def unsubscribe() -> None:
            with self._changing:
                self._listeners = [one for one in self._listeners if one is not listener]

        return unsubscribe

    def publish(self, news: Sequence[str]) -> None:
        """Every listener of this process hears it; one that fails keeps nobody from hearing."""
        for listener in self._listeners if news else ():
            try:
                listener(news)
            except Exception:
                log.exception("a listener failed")

    def close(self) -> None:
        if self._ear is not None:
            self._ear.stop()


class _Ear:
    """One connection that listens, whatever happens to it; when it is back, anything may be new."""

    def __init__(self, url: URL, heard: Listener) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._heard = heard
        self._stopping = threading.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="news", daemon=True)

    def start(self) -> None:
        """Return when it listens, or soon after if the server cannot be reached."""
        self._thread.start()
        self._listening.wait(5)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(10)

    def _run(self) -> None:
        import psycopg

        first = True
        while not self._stopping.is_set():
            with suppress(psycopg.Error):
                self._listen(psycopg.connect(self._address, autocommit=True), again=not first)
            first = False
            self._stopping.wait(_PATIENCE)

    def _listen(self, connection: psycopg.Connection, *, again: bool) -> None:
        with connection:
            connection.execute(f"LISTEN {_CHANNEL}")
            self._listening.set()
            if again:
                self._heard([ANYTHING])
            while not self._stopping.is_set():
                for each in connection.notifies(timeout=_PATIENCE):
                    self._heard(each.payload.split("\n"))
