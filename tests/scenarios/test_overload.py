"""Ten times too much comes, and then it is over; and it goes on and on, and nothing grows."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from .account import all_well
from .kept import Kept, kept
from .sizes import size
from .storm import endless

pytestmark = pytest.mark.server
MIB = 2**20


def test_overload_is_answered_in_time_and_worked_off_afterwards(tmp_path: Path) -> None:
    with kept(tmp_path) as app:
        app.process.start()
        flood = app.flood(endless(1), connections=200)
        highest = 0
        for _ in range(size(3, 60)):
            time.sleep(1)
            highest = max(highest, memory(app))
        flood.stop()
        app.settle(seconds=size(120, 1200))
        calm = app.flood(endless(2), rate=20)
        time.sleep(3)
        calm.stop()
        app.settle()
        assert app.account(flood) == all_well(len(flood.acked))
        assert set(flood.answers) <= {200, 503}
        assert flood.late == 0
        assert highest < 250 * MIB
        assert calm.late == 0
        assert set(calm.answers) == {200}


def test_what_goes_on_and_on_takes_no_more_memory_files_or_wal(tmp_path: Path) -> None:
    with kept(tmp_path) as app:
        app.process.start()
        flood = app.flood(endless(1), rate=50)
        time.sleep(size(8, 600))
        before = (memory(app), files(app))
        time.sleep(size(12, 3600))
        after = (memory(app), files(app))
        wal = (tmp_path / "handcart.db-wal").stat().st_size
        flood.stop()
        app.settle()
        assert app.account() == all_well(len(flood.acked))
        assert after[0] < before[0] + 16 * MIB
        assert after[1] <= before[1] + 4
        assert wal < 64 * MIB


def memory(app: Kept) -> int:
    """The resident memory of the process, in bytes."""
    pages = Path(f"/proc/{app.process.pid}/statm").read_text().split()[1]
    return int(pages) * 4096


def files(app: Kept) -> int:
    """How many files and sockets it has open."""
    return len(list(Path(f"/proc/{app.process.pid}/fd").iterdir()))
