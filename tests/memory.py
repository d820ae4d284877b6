"""Empty databases of SQLite in memory: the tables are made once, and an engine is used again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import StaticPool

from handcart.storage import metadata

# Whose tests are over: what they have compiled is good for the next.
_idle: list[Engine] = []


def lend() -> Engine:
    """An engine of one connection whose database has every table and no row."""
    engine = _idle.pop() if _idle else create_engine("sqlite://", poolclass=StaticPool)
    with closing(engine.raw_connection()) as connection:
        connection.driver_connection.deserialize(_image())  # type: ignore[union-attr]
    return engine


def give_back(engine: Engine) -> None:
    """Whatever is in it is gone when it is lent again.

    Its connection ends: SQLite 3.40 runs out of bounds when a database is deserialized over one
    that has asked ``json_each``.
    """
    engine.dispose()
    _idle.append(engine)


@contextmanager
def alone_at_it() -> Iterator[Connection]:
    """A transaction on an empty database that nobody else sees."""
    engine = lend()
    try:
        with engine.begin() as work:
            yield work
    finally:
        give_back(engine)


@cache
def _image() -> bytes:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as work:
        metadata.create_all(work)
    with closing(engine.raw_connection()) as connection:
        image: bytes = connection.driver_connection.serialize()  # type: ignore[union-attr]
    engine.dispose()
    return image
