from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import text

from handcart.storage import Database, tell
from handcart.storage.news import ANYTHING, _payloads


class Heard:
    """A listener that can be waited for."""

    def __init__(self) -> None:
        self.news: list[str] = []
        self._arrived = threading.Condition()

    def __call__(self, news: Sequence[str]) -> None:
        with self._arrived:
            self.news += news
            self._arrived.notify_all()

    def until(self, news: str) -> list[str]:
        """Everything heard up to ``news``."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: news in self.news, timeout=20), self.news
            return list(self.news)


def test_news_is_told_once_and_after_the_commit(db: Database) -> None:
    heard = Heard()
    db.news.subscribe(heard)
    with db.writing() as work:
        tell(work, "cart a 1")
        tell(work, "cart b 1")
        tell(work, "cart a 1")
        assert heard.news == []
    assert heard.until("cart b 1") == ["cart a 1", "cart b 1"]


def test_what_was_rolled_back_is_never_told(db: Database) -> None:
    heard = Heard()
    db.news.subscribe(heard)
    with suppress(ZeroDivisionError), db.writing() as work:
        tell(work, "cart a 1")
        work.execute(text("SELECT 1"))
        raise ZeroDivisionError
    with db.writing() as work:
        tell(work, "cart b 1")
    assert heard.until("cart b 1") == ["cart b 1"]


def test_whoever_left_or_fails_keeps_nobody_from_hearing(db: Database) -> None:
    gone, heard = Heard(), Heard()
    db.news.subscribe(gone)()

    def failing(news: Sequence[str]) -> None:
        raise ValueError(news)

    db.news.subscribe(failing)
    db.news.subscribe(heard)
    with db.writing() as work:
        tell(work, "cart a 1")
    heard.until("cart a 1")
    assert gone.news == []


def test_another_process_hears_it_on_postgresql(db: Database, database_url: str) -> None:
    if db.embedded:
        return  # an embedded database has one process
    other, heard = Database(database_url), Heard()
    try:
        other.news.subscribe(heard)
        with db.writing() as work:
            tell(work, "cart a 1")
        heard.until("cart a 1")
        with db.writing() as work:
            work.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
                )
            )
        heard.until(ANYTHING)
        with db.writing() as work:
            tell(work, "cart a 2")
        heard.until("cart a 2")
    finally:
        other.close()


def test_very_much_news_goes_in_pieces_that_postgresql_takes() -> None:
    lines = [f"cart juniper-tea.myshopify.com {number:032x} 1" for number in range(500)]
    payloads = list(_payloads(lines))
    assert [line for payload in payloads for line in payload.split("\n")] == lines
    assert len(payloads) > 1
    assert max(map(len, payloads)) < 8000
