"""How much to do at once, when others wait meanwhile: found out by measuring."""

from __future__ import annotations

# As long may others wait for one batch, in seconds.
TARGET = 0.02
# Fewer would not take less: a commit has its price, however little is in it.
FEWEST = 5
LARGEST = 1000


class Pace:
    """``size`` is how many rows the next batch takes.

    It begins small, doubles while a batch takes less than half of the target, creeps up to it, and
    halves when it is missed: once is enough, though it may have been the disk's fault.
    """

    def __init__(self) -> None:
        self.size = FEWEST

    def took(self, rows: int, seconds: float) -> None:
        """A batch of so many rows took so long."""
        if seconds > TARGET:
            size = rows // 2
        elif seconds > TARGET / 2:
            size = rows + (rows // 8 if seconds < TARGET * 0.75 else 0)
        else:
            size = rows * 2
        self.size = min(max(size, FEWEST), LARGEST)
