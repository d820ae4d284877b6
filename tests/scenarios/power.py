"""The files of the database as they would be found after the power was cut at any moment."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .syscalls import SYNCS, WRITES, Call

SECTOR = 512


@dataclass(slots=True)
class _File:
    """``durable`` is what the disk has for sure; of ``pending`` it may have any part."""

    durable: bytearray
    pending: list[Call] = field(default_factory=list)


@dataclass
class Disk:
    """Follows the calls of a process; ``acked`` is what it has answered with 200 so far."""

    files: dict[str, _File]
    acked: set[bytes] = field(default_factory=set)
    _asking: dict[str, bytes] = field(default_factory=dict)
    _syncing: dict[tuple[int, str], int] = field(default_factory=dict)

    @classmethod
    def holding(cls, database: Path) -> Disk:
        """A disk with the database as it is now, at rest."""
        names = (database, Path(f"{database}-wal"))
        return cls(
            {
                str(path): _File(bytearray(path.read_bytes() if path.exists() else b""))
                for path in names
            }
        )

    def moments(self, calls: Iterable[Call]) -> Iterator[None]:
        """Follow ``calls``; stop just after each answer begins to leave."""
        for call in calls:
            if call.asked:
                self._asking[call.file] = call.asked
            elif call.file in self.files:
                self._follow(self.files[call.file], call)
            elif call.is_answer and call.file in self._asking:
                self.acked.add(self._asking.pop(call.file))
                yield

    def _follow(self, file: _File, call: Call) -> None:
        if call.name in WRITES and not call.begins:
            file.pending.append(call)
        elif call.name in SYNCS and call.begins:
            self._syncing[call.thread, call.file] = len(file.pending)
        elif call.name in SYNCS:
            # Only what was written before the sync began is sure to be on the disk.
            count = self._syncing.pop((call.thread, call.file), 0)
            for write in file.pending[:count]:
                _apply(file.durable, write)
            del file.pending[:count]
            for key, begun in self._syncing.items():
                if key[1] == call.file:
                    self._syncing[key] = max(0, begun - count)

    def after_a_cut(self, folder: Path, dice: random.Random) -> Path:
        """The files that are found: of what was not synced nothing, all, or any of it, torn."""
        for name, file in self.files.items():
            found = bytearray(file.durable)
            luck = dice.choice((0.0, 0.5, 1.0))
            for write in file.pending:
                if dice.random() < luck:
                    _apply(found, write if luck == 1.0 else _torn(write, dice))
            (folder / Path(name).name).write_bytes(found)
        return folder / Path(next(iter(self.files))).name


def _apply(image: bytearray, write: Call) -> None:
    if write.name == "ftruncate":
        del image[write.offset :]
        image.extend(bytes(write.offset - len(image)))
        return
    image.extend(bytes(max(0, write.offset - len(image))))
    image[write.offset : write.offset + len(write.data)] = write.data


def _torn(write: Call, dice: random.Random) -> Call:
    """Whole sectors reach the disk, and not all of them."""
    if write.name == "ftruncate":
        return write
    sectors = dice.randint(0, len(write.data) // SECTOR)
    kept = write.data[: sectors * SECTOR]
    return Call(write.name, write.begins, write.thread, write.file, kept, write.offset)


def found_in(database: Path) -> set[bytes]:
    """The webhook ids that are there; sqlite3.DatabaseError when the file is damaged."""
    connection = sqlite3.connect(database)
    try:
        (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
        if sound != "ok":
            raise sqlite3.DatabaseError(sound)
        rows = connection.execute("SELECT webhook_id FROM deliveries").fetchall()
        return {row[0].encode() for row in rows}
    finally:
        connection.close()
