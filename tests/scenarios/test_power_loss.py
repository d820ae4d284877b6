"""The power goes: what was acknowledged is on the disk, whatever else is not."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from handcart.testing.street import until

from .flood import trade
from .kept import Kept, kept
from .power import Disk, found_in
from .sizes import size
from .syscalls import OF_INTEREST, SYNCS, Call, calls, watched

pytestmark = pytest.mark.server


def recorded(folder: Path, *, connections: int, **env: str) -> tuple[Disk, Sequence[Call]]:
    """The database as it was, and what the app then asked of the kernel under a flood."""
    with kept(folder, **env) as app:
        app.process.start()
        trace = folder / "trace"
        with watched(app.process.pid, trace, "-e", f"trace={','.join(OF_INTEREST)}"):
            disk = at_rest(folder / "handcart.db")
            flood(app, connections)
        app.process.kill()
    return disk, list(calls(trace))


def at_rest(database: Path) -> Disk:
    """What is there once the app has nothing more to write."""
    disk = Disk.holding(database)

    def rests() -> bool:
        nonlocal disk
        time.sleep(0.3)
        before, disk = disk, Disk.holding(database)
        return before.files == disk.files

    until(rests, "the app writes on and on")
    return disk


def flood(app: Kept, connections: int) -> None:
    news = list(trade(1, size(60, 600), padding=1000))
    app.flood(news, connections=connections, again=0.0).wait(seconds=120)
    app.settle()


def answers_without_a_sync(seen: Sequence[Call]) -> int:
    """How many answers left with no sync since the one before, on one connection."""
    without, synced = 0, False
    for call in seen:
        if call.name in SYNCS and not call.begins and "handcart.db" in call.file:
            synced = True
        elif call.is_answer:
            without += not synced
            synced = False
    return without


def lost_at_each_cut(disk: Disk, seen: Sequence[Call], folder: Path) -> list[int]:
    """How much of what was acknowledged is gone, for a cut after each answer."""
    dice = random.Random(1)
    lost = []
    for number, _ in enumerate(disk.moments(seen)):
        scratch = folder / f"cut-{number}"
        scratch.mkdir()
        lost.append(len(disk.acked - found_in(disk.after_a_cut(scratch, dice))))
    return lost


@pytest.mark.parametrize("connections", [1, 8])
def test_every_answer_comes_after_a_sync_and_survives_a_cut(
    tmp_path: Path, connections: int
) -> None:
    disk, seen = recorded(tmp_path, connections=connections)
    assert connections > 1 or answers_without_a_sync(seen) == 0
    lost = lost_at_each_cut(disk, seen, tmp_path)
    assert len(lost) == size(60, 600)
    assert set(lost) == {0}


def test_without_full_synchronisation_both_checks_fail(tmp_path: Path) -> None:
    disk, seen = recorded(tmp_path, connections=1, LEDGER_SYNCHRONOUS="NORMAL")
    assert answers_without_a_sync(seen) > size(60, 600) / 2
    assert max(lost_at_each_cut(disk, seen, tmp_path)) > 0


def test_a_wal_that_is_cut_at_any_byte_opens_with_everything_before_the_cut(
    tmp_path: Path,
) -> None:
    with kept(tmp_path) as app:
        app.process.start()
        app.flood(list(trade(1, 40)), connections=2, again=0.0).wait()
        app.settle()
        app.process.kill()
    whole = (tmp_path / "handcart.db-wal").read_bytes()
    dice = random.Random(1)
    counts = []
    ends = sorted(dice.sample(range(len(whole)), size(40, 2000)))
    for number, end in enumerate([*ends, len(whole)]):
        scratch = tmp_path / f"cut-{number}"
        scratch.mkdir()
        (scratch / "handcart.db").write_bytes((tmp_path / "handcart.db").read_bytes())
        (scratch / "handcart.db-wal").write_bytes(whole[:end])
        counts.append(len(found_in(scratch / "handcart.db")))
    assert counts == sorted(counts)
    assert counts[-1] == 40
