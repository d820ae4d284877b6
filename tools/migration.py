"""Write the migration that takes the newest schema to what the tables say now.

    make migration NAME=pickups_get_a_bay

Read what it wrote before you commit it: a rename looks like a loss to it.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import handcart_webhooks  # noqa: F401 - its tables join the metadata
from handcart.storage import migrate


def main(name: str) -> None:
    if not re.fullmatch(r"[a-z0-9_]+", name):
        sys.exit("the name says what changes, in lower case and underscores")
    folder = Path(migrate.__file__).with_name("migrations")
    number = 1 + len(list((folder / "versions").glob("[0-9]*.py")))
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    with tempfile.TemporaryDirectory() as scratch:
        engine = create_engine(f"sqlite:///{scratch}/scratch.db")
        migrate.upgrade(engine)
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.revision(config, name, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
