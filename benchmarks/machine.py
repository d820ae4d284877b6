"""What the figures were taken on, and what a process has used: read from Linux's /proc."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def facts() -> str:
    """One paragraph for the head of a report."""
    parts = [
        f"{datetime.now(UTC):%d %B %Y %H:%M} UTC",
        f"{os.cpu_count()} × {_cpu()}, {_memory()} GiB",
        f"Linux {platform.release()}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        f"SQLAlchemy {version('sqlalchemy')}, uvicorn {version('uvicorn')}, {_node()}",
        f"a load of {os.getloadavg()[0]:.1f} before it began{_shared()}",
    ]
    return "; ".join(parts) + "."


def cpu_of_group(group: int) -> float:
    """Seconds that the processes of the group have computed so far."""
    return sum(int(f[11]) + int(f[12]) for _, f in _stats() if int(f[2]) == group) / _TICK


def cpu_of_tree(pid: int) -> float:
    """Seconds of a process and its children, those that have ended among them."""
    ticks = 0
    for one, fields in _stats():
        if one == pid:
            ticks += sum(int(field) for field in fields[11:15])
        elif int(fields[1]) == pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICK


def resident(pid: int) -> float:
    """MiB of memory that the process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _stats() -> Iterator[tuple[int, list[str]]]:
    """The id of each process and what its ``stat`` says after the name."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        yield int(path.parent.name), text.rpartition(")")[2].split()


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _shared() -> str:
    busy = os.getloadavg()[0] > 1
    return ": other work kept the cores busy, so read ratios and CPU, not rates" if busy else ""


def _node() -> str:
    if shutil.which("node") is None:
        return "no Node"
    return "Node " + subprocess.check_output(["node", "--version"], text=True).strip()
