"""Kills by the thousand and events by the million; what was lost or doubled is counted.

    python -m tests.soak --kills 2000 --events 1000000
    python -m tests.soak --kills 2000 --events 1000000 --minutes 30 --folder soak   # goes on there

Each round is a database of its own, a flood of webhooks and twenty kills, half of them at a named
point. It ends with everything acknowledged and settled, and is then checked row by row. What has
been tallied is kept in the folder, so that a run that is interrupted loses one round.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.postgres import serving
from tests.scenarios.kept import kept
from tests.scenarios.storm import Storm, endless

from .tally import Tally

KILLS_A_ROUND = 20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--folder", type=Path, help="keep the tally here and go on from it")
    options = parser.parse_args()
    ends_at = time.monotonic() + options.minutes * 60
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder: Path = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{options.database}.json"
        tally = Tally.read(path)
        databases = stack.enter_context(_databases(options.database))
        while tally.kills < options.kills or tally.events < options.events:
            if time.monotonic() > ends_at:
                break
            tally = tally.plus(_round(tally.rounds, Path(scratch), next(databases)))
            tally.write(path)
            print(tally.line(), flush=True)
    print(tally.summary(options.database))
    sys.exit(1 if tally.broken else 0)


def _round(number: int, scratch: Path, database_url: str | None) -> Tally:
    """One database from its first delivery to its last check."""
    folder = scratch / f"round-{number}"
    folder.mkdir()
    began = time.monotonic()
    with kept(folder, database_url) as app:
        app.process.start()
        flood = app.flood(endless(number), connections=16)
        storm = Storm(app, seed=number)
        storm.rage(flood, kills=KILLS_A_ROUND)
        flood.stop()
        app.settle(seconds=600)
        found = app.account()
    shutil.rmtree(folder)
    return Tally(
        rounds=1,
        kills=storm.kills,
        events=found.acked,
        lost=found.lost,
        doubled=found.doubled,
        wrong=found.wrong,
        seconds=time.monotonic() - began,
        slowest_answer=flood.slowest,
        resumes=tuple(round(each, 3) for each in storm.resumes),
    )


@contextmanager
def _databases(kind: str) -> Iterator[Iterator[str | None]]:
    """A new database for each round: a file, or one of a server of our own that syncs."""
    if kind == "sqlite":
        yield iter(lambda: None, 0)
        return
    with serving(fsync="on", full_page_writes="on") as server:

        def made() -> Iterator[str]:
            number = 0
            while True:
                server.run(f"CREATE DATABASE soak_{number}")
                yield server.url(f"soak_{number}")
                server.run(f"DROP DATABASE soak_{number} WITH (FORCE)")
                number += 1

        yield made()


if __name__ == "__main__":
    main()
