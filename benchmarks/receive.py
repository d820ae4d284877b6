"""Webhooks received and durable before the 200: Handcart beside plain Flask.

python -m benchmarks.receive [--rounds 3] [--seconds 5]
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from handcart.storage import Database
from handcart.testing.street import free_port
from tests.real_samples import sample

from .load import Heard, drive, write_orders

SECRET = "a secret for the benchmark"
GUNICORN = ["-m", "gunicorn", "--worker-class", "gthread", "--threads", "16", "--workers", "1"]


@dataclass(frozen=True, slots=True)
class Contender:
    """``command`` gets the port after it; ``path`` is where it receives."""

    name: str
    command: tuple[str, ...]
    path: str = "/webhooks"
    migrated: bool = False
    env: tuple[tuple[str, str], ...] = ()


OURS = ("-m", "benchmarks.contenders.handcart_app")
CONTENDERS = (
    Contender("handcart", OURS, migrated=True, env=(("BENCH_WORKERS", "0"),)),
    Contender("handcart, working", OURS, migrated=True, env=(("BENCH_WORKERS", "1"),)),
    Contender("flask", (*GUNICORN, "benchmarks.contenders.plain_flask:app")),
    Contender(
        "flask + shopifyapp", (*GUNICORN, "benchmarks.contenders.with_shopifyapp:app"), "/verified"
    ),
)


@dataclass(frozen=True, slots=True)
class Measured:
    heard: Heard
    cpu_us: float
    rows: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is needed: install it from your distribution")
    results: dict[str, list[Measured]] = {one.name: [] for one in CONTENDERS}
    for number in range(options.rounds):
        for contender in CONTENDERS if number % 2 == 0 else CONTENDERS[::-1]:
            results[contender.name].append(
                measure(contender, seconds=options.seconds, connections=options.connections)
            )
            print(f"  round {number + 1}: {contender.name}", file=sys.stderr)
    print(table(results))


def measure(contender: Contender, *, seconds: int, connections: int) -> Measured:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        orders = folder / "orders.txt"
        write_orders(orders, sample=sample("orders/create"), secret=SECRET)
        with running(contender, folder) as (url, group):
            drive(url, contender.path, orders, run="warm", connections=connections, seconds=1)
            before = cpu_seconds(group)
            heard = drive(
                url, contender.path, orders, run="run", connections=connections, seconds=seconds
            )
            cpu = (cpu_seconds(group) - before) / heard.answered * 1e6
        rows = count_rows(folder / "bench.db")
    if heard.errors or rows < heard.answered:
        raise RuntimeError(f"{contender.name}: {heard.answered} answered, {rows} kept, {heard}")
    return Measured(heard, cpu, rows)


@contextmanager
def running(contender: Contender, folder: Path) -> Iterator[tuple[str, int]]:
    """The contender on a free port in a process group of its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {
        **os.environ,
        **dict(contender.env),
        "HANDCART_API_KEY": "bench",
        "HANDCART_API_SECRET": SECRET,
        "HANDCART_APP_URL": url,
        "HANDCART_SECRETS": "a secret of the benchmark that is long enough",
        "HANDCART_DATABASE_URL": f"sqlite:///{folder}/bench.db",
        "PORT": str(port),
    }
    if contender.migrated:
        database = Database(env["HANDCART_DATABASE_URL"])
        database.migrate()
        database.close()
    bind = [] if contender.migrated else ["--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(
        [sys.executable, *contender.command, *bind],
        env=env,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(url, process)
        yield url, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        try:
            requests.get(url, timeout=1)
            return
        except requests.RequestException:
            if process.poll() is not None:
                raise RuntimeError("the contender died") from None
            time.sleep(0.1)
    raise RuntimeError("the contender does not answer")


def cpu_seconds(group: int) -> float:
    """User and system time of every process in the group so far (Linux)."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def count_rows(path: Path) -> int:
    connection = sqlite3.connect(path)
    (rows,) = connection.execute("SELECT count(*) FROM deliveries").fetchone()
    connection.close()
    return int(rows)


def table(results: dict[str, list[Measured]]) -> str:
    """Medians of the rounds, and how many times the plain Flask app's rate that is."""
    base = _median([one.heard.rate for one in results["flask"]])
    lines = [
        "| contender | a second | × flask | p50 ms | p99 ms | longest ms | CPU µs |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, all_ in results.items():
        heard = [one.heard for one in all_]
        rate = _median([one.rate for one in heard])
        lines.append(
            f"| {name} | {rate:,.0f} | {rate / base:.1f} | {_median([h.p50 for h in heard]):.1f} "
            f"| {_median([h.p99 for h in heard]):.1f} | {max(h.longest for h in heard):.0f} "
            f"| {_median([one.cpu_us for one in all_]):.0f} |"
        )
    return "\n".join(lines)


_median = statistics.median

if __name__ == "__main__":
    main()
