from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest

from handcart.keys import Keyring
from handcart.settings import Settings
from handcart.storage import Database
from tests.postgres import NotToBeHad, Server, find_programs, serving
from tests.quick import make_quick
from tests.reused import Copies

SHOP = "juniper-tea.myshopify.com"

DATABASE = os.environ.get("HANDCART_TEST_DATABASE", "sqlite")
# How long an example takes says something about the machine, not about the code. A law that holds
# on SQLite is tried less often on the slower database.
hypothesis.settings.register_profile(
    "house",
    deadline=None,
    max_examples=100 if DATABASE == "sqlite" else 25,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("house")
make_quick()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On another database than SQLite only the tests that ask for a database are run."""
    if DATABASE == "sqlite":
        return
    asking = [item for item in items if "database_url" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in asking])
    items[:] = asking


@pytest.fixture
def at() -> datetime:
    return datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(["a secret of the tests that is long enough"])


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings.from_env(
        {
            "HANDCART_API_KEY": "handcart-local",
            "HANDCART_API_SECRET": "hush",
            "HANDCART_APP_URL": "http://127.0.0.1:9931",
            "HANDCART_SECRETS": "a secret of the tests that is long enough",
            "HANDCART_DATABASE_URL": database_url,
        }
    )


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own: SQLite, or what HANDCART_TEST_DATABASE names."""
    url: str = request.getfixturevalue(f"{DATABASE}_url")
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path, empty_database: Path) -> str:
    shutil.copy(empty_database, tmp_path / "handcart.db")
    return f"sqlite:///{tmp_path}/handcart.db"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file to copy: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def postgresql_url(copies: Copies, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where processes are killed nothing is taken over from the test before."""
    alone = request.node.get_closest_marker("server") is not None
    name = copies.new() if alone else copies.take()
    yield copies.server.url(name)
    copies.drop(name) if alone else copies.give_back(name)


@pytest.fixture(scope="session")
def copies(postgresql: Server) -> Copies:
    postgresql.run("CREATE DATABASE migrated")
    _migrate(postgresql.url("migrated"))
    return Copies(postgresql, "migrated")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """One server for all tests that want one."""
    try:
        find_programs()
    except NotToBeHad as reason:
        pytest.skip(str(reason))
    with serving() as server:
        yield server


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()
