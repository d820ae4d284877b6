"""The disk is full or fails: the answer is 503, nothing is lost, and it heals by itself."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from handcart.testing.street import until

from .account import all_well
from .flood import Flood, trade
from .kept import Kept, kept
from .syscalls import watched

pytestmark = pytest.mark.server
FULL = 64  # MiB of disk


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Kept]:
    with kept(tmp_path) as app:
        app.process.start()
        yield app


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of a few MiB; skips the test where none can be mounted."""
    place = folder / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={FULL}m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def refused(flood: Flood) -> int:
    return flood.answers[503]


def goes_on(flood: Flood) -> None:
    """Something more is acknowledged."""
    before = len(flood.acked)
    until(lambda: len(flood.acked) > before, "nothing is acknowledged any more")


def ends_well(app: Kept, flood: Flood) -> None:
    """Every delivery was acknowledged in the end, had its effect once, and no answer was late."""
    flood.wait(seconds=90)
    app.settle()
    assert app.account() == all_well(len(flood.acked))
    assert len(flood.acked) == 400
    assert set(flood.answers) <= {200, 503}
    assert flood.late == 0


def some(app: Kept, *, padding: int = 0, rate: float | None = 200) -> Flood:
    return app.flood(list(trade(1, 400, padding=padding)), rate=rate)


def test_a_full_disk_answers_503_and_goes_on_by_itself_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk, kept(disk) as app:
        app.process.start()
        ballast = disk / "ballast"
        ballast.write_bytes(b"x" * (FULL * 2**20 - _used(disk) - 400_000))
        flood = some(app, padding=500)
        until(lambda: refused(flood) > 20, "the disk was never full")
        acked = len(flood.acked)
        ballast.unlink()
        goes_on(flood)
        ends_well(app, flood)
        assert 0 < acked < 400
        app.process.stop()


def _used(disk: Path) -> int:
    return sum(file.stat().st_size for file in disk.iterdir())


@pytest.mark.parametrize(
    "fault",
    [
        "fdatasync:error=EIO",
        "pwrite64:error=EIO",
        "pwrite64:error=ENOSPC",
        "pwrite64:error=EROFS",
        "pwrite64:error=EDQUOT",
    ],
)
def test_a_disk_that_fails_or_can_only_be_read_answers_503_and_heals(
    app: Kept, tmp_path: Path, fault: str
) -> None:
    wal = tmp_path / "handcart.db-wal"
    flood = some(app)
    goes_on(flood)
    what = fault.partition(":")[0]
    with watched(
        app.process.pid,
        tmp_path / "trace",
        "-P",
        str(wal),
        "-e",
        f"trace={what}",
        "-e",
        f"inject={fault}",
    ):
        until(lambda: refused(flood) > 20, "nothing fails")
    goes_on(flood)
    ends_well(app, flood)


def test_a_kill_in_the_middle_of_a_checkpoint_leaves_a_sound_file(
    app: Kept, tmp_path: Path
) -> None:
    database = tmp_path / "handcart.db"
    with watched(
        app.process.pid,
        tmp_path / "trace",
        "-P",
        str(database),
        "-e",
        "trace=pwrite64",
        "-e",
        "inject=pwrite64:signal=KILL:when=3",
    ):
        flood = app.flood(list(trade(1, 600, padding=4000)))
        assert app.process.wait_for_death() == -9
    app.process.start()
    flood.wait()
    app.settle()
    assert app.account() == all_well(600)
