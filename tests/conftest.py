from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handcart.keys import Keyring
from handcart.settings import Settings
from handcart.storage import Database

SHOP = "juniper-tea.myshopify.com"


@pytest.fixture
def at() -> datetime:
    return datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(["a secret of the tests that is long enough"])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_env(
        {
            "HANDCART_API_KEY": "handcart-local",
            "HANDCART_API_SECRET": "hush",
            "HANDCART_APP_URL": "http://127.0.0.1:9931",
            "HANDCART_SECRETS": "a secret of the tests that is long enough",
            "HANDCART_DATABASE_URL": f"sqlite:///{tmp_path}/handcart.db",
        }
    )


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file to copy: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture
def db(tmp_path: Path, empty_database: Path) -> Iterator[Database]:
    shutil.copy(empty_database, tmp_path / "handcart.db")
    database = Database(f"sqlite:///{tmp_path}/handcart.db")
    yield database
    database.close()
