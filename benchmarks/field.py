"""Who is measured: each contender's command, its database, and what its 200 promises."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from handcart.testing.street import free_port
from tests.postgres import NotToBeHad

from . import machine
from .arena import PYTHON, ROOT, Arena, Process, count, settings, start

_NODE = ROOT / "benchmarks" / "contenders" / "node"
_BUILT = ROOT / ".build" / "contenders"
_SERVE = (PYTHON, "-m", "handcart.cli", "serve")
_GUNICORN = (PYTHON, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "16")
_GRANIAN = (PYTHON, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "32")
APP = "benchmarks.contenders.handcart_app"
COMMITTED = "committed to its database"


@dataclass(frozen=True, slots=True)
class Contender:
    """``{port}`` in the command is where it shall listen; ``broker`` is what it needs beside."""

    name: str
    family: str
    database: str
    command: tuple[str, ...]
    promise: str = COMMITTED
    broker: str | None = None
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Running:
    """``kept()`` counts what is durable; ``database_cpu()`` is what servers beside it took."""

    process: Process
    database_url: str
    kept: Callable[[], int]
    database_cpu: Callable[[], float]


def _handcart(database: str) -> Contender:
    command = (*_SERVE, f"{APP}:receiving", "--port", "{port}")
    return Contender(f"Handcart, {_NAMES[database]}", "handcart", database, command)


def _flask(name: str, family: str, module: str, database: str) -> Contender:
    app = f"benchmarks.contenders.{module}:app"
    command = (*_GUNICORN, "--bind", "127.0.0.1:{port}", app)
    needs = ("gunicorn", "shopify_app") if family == "shopifyapp" else ("gunicorn",)
    name = f"{name}, {_NAMES[database]}"
    return Contender(name, family, database, command, packages=needs)


def _node(name: str, family: str, script: str, database: str) -> Contender:
    return Contender(f"{name}, {_NAMES[database]}", family, database, ("node", f"{script}.js"))


def _blueprint(database: str) -> Contender:
    app = "benchmarks.contenders.with_blueprint:app"
    command = (*_GRANIAN, "--host", "127.0.0.1", "--port", "{port}", app)
    name = f"Handcart in a Flask app, {_NAMES[database]}"
    return Contender(name, "blueprint", database, command, packages=("granian",))


_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_LEAST = Contender(
    "The least in Python, SQLite",
    "least",
    "sqlite",
    (PYTHON, "-m", "benchmarks.contenders.least", "{port}"),
    promise="committed to its database, where no worker finds it",
)
_BEHIND_RABBITMQ = Contender(
    "Handcart behind RabbitMQ, PostgreSQL",
    "handcart",
    "postgresql",
    (*_SERVE, f"{APP}:receiving", "--port", "{port}"),
    promise="flushed by a quorum queue; in the database a moment later",
    broker="rabbitmq",
    packages=("kombu",),
)
_CELERY = Contender(
    "Flask + Celery, Redis",
    "celery",
    "sqlite",
    (*_GUNICORN, "--bind", "127.0.0.1:{port}", "benchmarks.contenders.with_celery:app"),
    promise="in the log of Redis, flushed; not in a database, repetitions not recognised",
    broker="redis",
    packages=("gunicorn", "celery", "redis"),
)
CONTENDERS = (
    *(_handcart(database) for database in _NAMES),
    _BEHIND_RABBITMQ,
    _LEAST,
    *(_blueprint(database) for database in _NAMES),
    *(_flask("Flask", "flask", "plain_flask", database) for database in _NAMES),
    *(_flask("Flask + shopifyapp", "shopifyapp", "with_shopifyapp", one) for one in _NAMES),
    *(_node("Express + shopify-app-express", "platform", "shopify", one) for one in _NAMES),
    *(_node("Express by hand", "express", "plain", database) for database in _NAMES),
    _CELERY,
)


@contextmanager
def running(contender: Contender, arena: Arena) -> Iterator[Running]:
    """The contender with an empty database; raises NotToBeHad when it cannot be had here."""
    _need(contender.packages)
    command = _on_node(contender) if contender.command[0] == "node" else contender.command
    url, port, folder = arena.database(contender.database), free_port(), arena.scratch()
    env = settings(url, port=port)
    if contender.broker == "redis":
        env["BENCH_REDIS"] = f"redis://127.0.0.1:{arena.redis}/0"
    elif contender.broker == "rabbitmq":
        env["HANDCART_RECEIVE_VIA"] = arena.rabbitmq.url
    words = [part.format(port=port) for part in command]
    process = start(words, env=env, port=port, log=folder / "log")
    try:
        yield Running(process, url, _counter(contender, arena, url), _computing(contender, arena))
    finally:
        process.stop()
        arena.forget(url)


def settled(kept: Callable[[], int], expected: int) -> int:
    """How many are kept, once all are there or nothing has come for ten seconds."""
    rows, since = kept(), time.monotonic()
    while rows < expected and time.monotonic() < since + 10:
        time.sleep(0.2)
        rows, before = kept(), rows
        if rows > before:
            since = time.monotonic()
    return rows


def _need(packages: Sequence[str]) -> None:
    missing = [name for name in packages if name not in sys.modules and find_spec(name) is None]
    if missing:
        raise NotToBeHad(f"no {', '.join(missing)}: pip install -e '.[bench]'")


def _counter(contender: Contender, arena: Arena, url: str) -> Callable[[], int]:
    if contender.broker != "redis":
        return lambda: count(url, "deliveries")
    from redis import Redis

    client = Redis(port=arena.redis)
    client.flushall()
    return lambda: int(str(client.llen("celery")))


def _computing(contender: Contender, arena: Arena) -> Callable[[], float]:
    """Of the servers beside it; Redis computes too little to matter."""
    if contender.broker == "rabbitmq":
        return lambda: arena.postgresql.cpu() + machine.cpu_of_group(arena.rabbitmq.pid)
    return arena.postgresql.cpu if contender.database == "postgresql" else lambda: 0.0


def _on_node(contender: Contender) -> tuple[str, ...]:
    """The script among its packages, which are installed the first time."""
    if shutil.which("npm") is None:
        raise NotToBeHad("no Node: install node (20 or newer) and npm")
    _BUILT.mkdir(parents=True, exist_ok=True)
    for file in _NODE.iterdir():
        shutil.copy(file, _BUILT)
    if not (_BUILT / "node_modules").exists():
        npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        done = subprocess.run(npm, cwd=_BUILT, capture_output=True, text=True, env=_quiet())
        if done.returncode:
            raise NotToBeHad(f"npm install failed: {done.stderr[-500:]}")
    return ("node", str(_BUILT / contender.command[1]))


def _quiet() -> dict[str, str]:
    return {**os.environ, "npm_config_update_notifier": "false"}
