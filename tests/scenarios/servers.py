"""A PostgreSQL server that can be stopped, started, and replaced by its standby."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from handcart.testing.street import free_port
from tests.postgres import _run as run
from tests.postgres import find_programs

_SYNCED = {"fsync": "on", "synchronous_commit": "on", "shared_buffers": "32MB"}


@dataclass
class Node:
    """One server of a cluster in a folder of its own."""

    programs: Path
    folder: Path
    port: int

    @classmethod
    def new(cls, programs: Path, folder: Path) -> Node:
        """A server that has its data and does not run yet."""
        node = cls(programs, folder, free_port())
        trust = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8")
        run(programs / "initdb", "-D", node.data, "--no-sync", *trust)
        return node

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self, **options: str) -> None:
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, **_SYNCED, **options}
        flags = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        begin = ("start", "-D", self.data, "-w", "-t", "60", "-l", self.folder / "log")
        run(self.programs / "pg_ctl", *begin, "-o", f"{flags} -k {self.folder}")

    def stop(self) -> None:
        """As if it had crashed: nothing is finished, its connections are dropped."""
        stop = ("stop", "-D", self.data, "-m", "immediate")
        run(self.programs / "pg_ctl", *stop, check=False)

    def copy(self, folder: Path) -> Node:
        """A standby that follows this server from now on, not started yet."""
        twin = Node(self.programs, folder, free_port())
        source = f"host=127.0.0.1 port={self.port} user=postgres application_name=twin"
        run(self.programs / "pg_basebackup", "-D", twin.data, "-R", "-c", "fast", "-d", source)
        return twin

    def promote(self) -> None:
        """The standby takes over."""
        run(self.programs / "pg_ctl", "promote", "-D", self.data, "-w")


@contextmanager
def folders(*names: str) -> Iterator[list[Path]]:
    """Folders that the server may write; it refuses to run as root."""
    root = Path(tempfile.mkdtemp(prefix="handcart-postgres-"))
    made = [root / name for name in names]
    for folder in made:
        folder.mkdir()
    if os.geteuid() == 0:
        for folder in (root, *made):
            shutil.chown(folder, "nobody")
    try:
        yield made
    finally:
        shutil.rmtree(root)


@contextmanager
def one_server() -> Iterator[Node]:
    """A running server that is synced as in production; raises NotToBeHad."""
    programs = find_programs()
    with folders("one") as (folder,):
        node = Node.new(programs, folder)
        try:
            node.start()
            yield node
        finally:
            node.stop()
