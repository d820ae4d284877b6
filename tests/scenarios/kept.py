"""The app with the ledger in a process that can be killed, and a flood of webhooks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from handcart import Settings
from handcart.storage import Database
from handcart.storage.outbox import tasks
from handcart.testing.street import SECRETS, free_port, until

from .account import Account, account, integrity, waiting
from .conftest import AppProcess
from .flood import SECRET, Flood, News, trade
from .ledger import create_handcart, furnish

MODULE = "tests.scenarios.ledger"


class Kept:
    """``process`` serves on ``port``.

    Nothing of ours has the database open but while it is looked at: SQLite repairs what a dead
    process left only when it is the first to open the file.
    """

    def __init__(self, env: dict[str, str], *, port: int) -> None:
        self.env, self.port = env, port
        self.process = AppProcess(env, module=MODULE)
        self._floods: list[Flood] = []

    @contextmanager
    def looking(self) -> Iterator[Database]:
        db = Database(self.env["HANDCART_DATABASE_URL"])
        try:
            yield db
        finally:
            db.close()

    def flood(self, news: Any = None, **more: Any) -> Flood:
        """A flood that has started; it ends with the test at the latest."""
        given: list[News] = list(trade(1, 60)) if news is None else news
        self._floods.append(Flood(more.pop("port", self.port), given, **more).start())
        return self._floods[-1]

    def settle(self, *, seconds: float = 40) -> None:
        """Wait until nothing of what was kept waits for its effect."""
        with self.looking() as db:
            until(lambda: waiting(db) == 0, "deliveries still wait", seconds=seconds)

    def settle_tasks(self, *, seconds: float = 40) -> None:
        """Wait until nothing that came of it waits either, but what is for later.

        Jobs of the hour are no part of it: they ask a platform that is not there.
        """
        waits = select(func.count()).where(tasks.c.state == "waiting", tasks.c.cause.is_not(None))
        with self.looking() as db:

            def due() -> int:
                with db.reading() as view:
                    return view.scalar(waits.where(tasks.c.due_at <= datetime.now(UTC))) or 0

            until(lambda: due() == 0, "tasks still wait", seconds=seconds)

    def account(self, *floods: Flood) -> Account:
        """What became of everything that the floods sent."""
        with self.looking() as db:
            assert integrity(db) == "ok"
            return account(db, *(floods or self._floods))

    def close(self) -> None:
        for flood in self._floods:
            flood.again = 0
            if not flood.is_over:
                flood.stop()
        self.process.stop()


@contextmanager
def kept(folder: Path, database_url: str | None = None, **more: str) -> Iterator[Kept]:
    """An installed app that has not been started; the database is a file unless it is named."""
    port = free_port()
    env = {
        "HANDCART_API_KEY": "handcart-local",
        "HANDCART_API_SECRET": SECRET,
        "HANDCART_APP_URL": f"http://127.0.0.1:{port}",
        "HANDCART_PLATFORM_URL": "http://127.0.0.1:9",
        "HANDCART_SECRETS": SECRETS,
        "HANDCART_DATABASE_URL": database_url or f"sqlite:///{folder}/handcart.db",
        "PORT": str(port),
        **more,
    }
    app = create_handcart(Settings.from_env(env))
    furnish(app)
    app.close()
    found = Kept(env, port=port)
    try:
        yield found
    finally:
        found.close()
