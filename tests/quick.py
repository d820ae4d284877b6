"""What every test would make anew is made once: templates, addresses and statements.

Also commits that do not wait for the disk (the kernel keeps what a killed process wrote, so only a
power cut could tell), and servers that look more often whether they are to stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import uvicorn.server
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from werkzeug.routing import Rule

from handcart.storage import engines

# What the product does, for the test that says so.
DURABLE = engines.WRITER["synchronous"]
_STATEMENTS = 5000


def make_quick() -> None:
    """For this process, once."""
    Flask.jinja_options = {"bytecode_cache": _Templates()}
    Flask.url_rule_class = _Address
    engines.WRITER["synchronous"] = "OFF"
    engines.create_engine = _sharing(engines.create_engine)  # type: ignore[attr-defined]
    uvicorn.server.asyncio = _Hurried()  # type: ignore[attr-defined]


class _Hurried:
    """What uvicorn knows as asyncio: it stops in a hundredth of a second instead of a fifth."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / 10)


class _Templates(BytecodeCache):
    """A template is compiled once, however many apps show it."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key, bucket.checksum] = bucket.code


_builders: dict[tuple[str, str, str, bool], Callable[..., tuple[str, str]]] = {}


class _Address(Rule):
    """The function that builds an address is the same for equal rules."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (self.rule, repr(self._trace), repr(self.defaults), append_unknown)
        if key not in _builders:
            _builders[key] = super()._compile_builder(append_unknown)
        return _builders[key]


def _sharing(make: Callable[..., Engine]) -> Callable[..., Engine]:
    """Engines of one kind share what the first that connected knows, and so their statements."""
    known: dict[str, Engine] = {}

    def create_engine(url: Any, **options: Any) -> Engine:
        engine = make(url, query_cache_size=_STATEMENTS, **options)
        first = known.setdefault(engine.dialect.name, engine)
        if not first.dialect.server_version_info:
            known[engine.dialect.name] = engine
        else:
            engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
        return engine

    return create_engine
