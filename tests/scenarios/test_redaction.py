"""A customer is redacted while news of them pours in: nothing of them is left, nor comes back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from handcart import Settings
from handcart_webhooks.retention import Retention

from .flood import News, trade
from .kept import Kept, kept
from .ledger import SHOP, create_handcart

pytestmark = pytest.mark.server
CUSTOMER = 987_654_321
NAME = "Zebedee"
MAIL = "zebedee.quux@example.com"
TRACES = (str(CUSTOMER).encode(), NAME.encode(), MAIL.encode())


def order(number: int, version: int) -> News:
    """News of an order of the customer, from before they asked to be forgotten."""
    body = {
        "id": 5000 + number,
        "name": f"#{number}",
        "token": f"q{number}",
        "updated_at": f"2025-11-23T09:00:{version:02}Z",
        "customer": {"id": CUSTOMER, "first_name": NAME, "last_name": "Quux"},
        "email": MAIL,
        "line_items": [],
    }
    return News(f"of-customer-{number}-{version}", "orders/updated", orjson.dumps(body))


def asked_to_forget() -> News:
    body = {
        "shop_domain": SHOP,
        "customer": {"id": CUSTOMER, "email": MAIL},
        "orders_to_redact": [5000],
    }
    return News("forget", "customers/redact", orjson.dumps(body))


def traces_in(folder: Path) -> list[str]:
    """The files in which something of the customer can still be read."""
    return [
        f"{file.name}: {trace.decode()}"
        for file in sorted(folder.glob("handcart.db*"))
        for trace in TRACES
        if trace in file.read_bytes()
    ]


def rows_in(file: Path) -> list[str]:
    """The tables in which something of the customer can still be found."""
    with closing(sqlite3.connect(file)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema")]
        return [
            table
            for table in tables
            if connection.execute(
                "SELECT 1 FROM sqlite_schema WHERE name = ? AND type = 'table'", (table,)
            ).fetchone()
            for row in connection.execute(f"SELECT * FROM {table}")
            if any(trace in repr(row).encode() for trace in TRACES)
        ]


def vacuum(file: Path) -> None:
    """What lies in the free space of pages goes, too."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def an_hour_passes(app: Kept) -> None:
    """The hourly cleaning runs, beside a process that goes on."""
    handcart = create_handcart(Settings.from_env(app.env))
    Retention(handcart, sleep=lambda _: None).clean_up(handcart.clock())
    handcart.close()


def test_nothing_of_the_customer_is_left_in_the_files_and_late_news_bring_nothing_back(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = [order(number, version) for version in range(3) for number in range(15)]
    late = [order(number, version) for version in (1, 5) for number in range(30)]
    with kept(tmp_path) as app:
        app.process.start()
        others = app.flood(list(trade(1, 400)), rate=100)
        app.flood(before, connections=4).wait()
        assert traces_in(tmp_path) != []
        assert "deliveries" in rows_in(tmp_path / "handcart.db")
        app.flood([asked_to_forget(), *late], connections=4).wait()
        others.wait()
        app.settle()
        app.settle_tasks()
        an_hour_passes(app)
        assert rows_in(tmp_path / "handcart.db") == []
        assert app.account(others).lost == 0
        app.process.kill()
        vacuum(tmp_path / "handcart.db")
        assert traces_in(tmp_path) == []
    logged = capfd.readouterr().err.encode()
    assert [trace for trace in TRACES if trace in logged] == []
