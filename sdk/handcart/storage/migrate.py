"""Bring a database to the newest schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from .database import alone


def upgrade(engine: Engine) -> None:
    """Every migration not yet there is applied, all of them in one transaction.

    Of several processes that start at once one migrates; the others wait and find it done.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with engine.begin() as connection:
        alone(connection, "*", "migrate")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
