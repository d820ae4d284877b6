"""Bring a database to the newest schema."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from .database import alone

_SCRIPTS = Path(__file__).with_name("migrations")


def upgrade(engine: Engine) -> None:
    """Every migration not yet there is applied, all of them in one transaction.

    Of several processes that start at once one migrates; the others wait and find it done.
    """
    with engine.begin() as connection:
        alone(connection, "*", "migrate")
        if is_newest(connection):
            return
        # Nearly every start finds nothing to do, and is quicker and smaller without these.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_newest(view: Connection) -> bool:
    """True when every migration has been applied."""
    if not inspect(view).has_table("alembic_version"):
        return False
    there = set(view.scalars(text("SELECT version_num FROM alembic_version")))
    return there == {newest()}


def newest() -> str:
    """The revision of the last migration: the files are named after theirs, and in order."""
    return max(file.name for file in _SCRIPTS.glob("versions/[0-9]*.py")).partition("_")[0]
