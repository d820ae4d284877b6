"""A migration dies at any statement and the next start finishes it; old code goes on meanwhile."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from handcart.storage import migrate
from tests.postgres import Server

from .conftest import ROOT
from .kept import kept
from .sizes import size

# Forks at each statement in turn, so that the modules are loaded only once.
DYING = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
import handcart_webhooks
from handcart.storage import Database

url, first, step = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

def migrate(dies_at):
    seen = 0
    @event.listens_for(Engine, "before_cursor_execute")
    def count(connection, cursor, statement, parameters, context, many):
        nonlocal seen
        if statement.lstrip().upper().startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE")):
            seen += 1
            if seen == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
    db = Database(url)
    db.migrate()
    db.close()

deaths = 0
for dies_at in range(first, 10_000, step):
    child = os.fork()
    if child == 0:
        migrate(dies_at)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status == 0:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL, status
    deaths += 1
print(deaths)
"""


def deaths_until_it_is_migrated(url: str, *, step: int) -> int:
    """Migrations that died one after the other, each ``step`` statements later than the last."""
    program = [sys.executable, "-c", DYING, url, "1", str(step)]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1])


@pytest.mark.server
def test_a_migration_that_dies_at_each_statement_is_finished_by_the_next_start(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/handcart.db"
    assert deaths_until_it_is_migrated(url, step=size(7, 1)) > 5
    works(tmp_path, url)


@pytest.mark.server
def test_the_same_on_postgresql(tmp_path: Path, empty_postgresql_url: str) -> None:
    assert deaths_until_it_is_migrated(empty_postgresql_url, step=size(17, 1)) > 3
    works(tmp_path, empty_postgresql_url)


def works(folder: Path, url: str) -> None:
    with kept(folder, url) as app:
        app.process.start()
        app.flood().wait()
        app.settle()
        assert app.account().lost == 0


@pytest.fixture
def empty_postgresql_url(postgresql: Server) -> Iterator[str]:
    """A database that nobody has migrated."""
    postgresql.run("CREATE DATABASE never_migrated")
    yield postgresql.url("never_migrated")
    postgresql.run("DROP DATABASE never_migrated WITH (FORCE)")


Schema = Mapping[str, Mapping[str, Any]]


def schemas(folder: Path) -> Iterator[tuple[str, Schema]]:
    """Each revision, the oldest first, with its tables and their columns."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    revisions = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()]
    engine = create_engine(f"sqlite:///{folder}/scratch.db")
    for revision in reversed(revisions):
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            found = inspect(connection)
            yield (
                revision,
                {
                    table: {column["name"]: column for column in found.get_columns(table)}
                    for table in found.get_table_names()
                },
            )
    engine.dispose()


def test_the_code_of_the_version_before_can_read_and_write_each_schema(tmp_path: Path) -> None:
    """No table or column goes, and what is new in a known table may be left out."""
    wrong = []
    before: Schema = {}
    for revision, now in schemas(tmp_path):
        for table, columns in before.items():
            if table not in now:
                wrong.append(f"{revision}: {table} is gone")
                continue
            gone = set(columns) - set(now[table])
            needed = {
                name
                for name, column in now[table].items()
                if name not in columns and not column["nullable"] and column["default"] is None
            }
            wrong += [f"{revision}: {table}.{name}" for name in sorted(gone | needed)]
        before = now
    assert wrong == []
