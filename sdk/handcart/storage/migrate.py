"""Bring a database to the newest schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from .database import alone


def upgrade(engine: Engine) -> None:
    """Every migration not yet there is applied, all of them in one transaction.

    Of several processes that start at once one migrates; the others wait and find it done.
    """
    config = _config()
    with engine.begin() as connection:
        alone(connection, "*", "migrate")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_newest(view: Connection) -> bool:
    """True when every migration has been applied."""
    if not inspect(view).has_table("alembic_version"):
        return False
    there = set(view.scalars(text("SELECT version_num FROM alembic_version")))
    return there == set(ScriptDirectory.from_config(_config()).get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config
