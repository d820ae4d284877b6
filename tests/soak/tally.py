"""What a soak has seen so far; kept as JSON between its runs."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tally:
    """``resumes``: seconds from each start of the process to the first effect after it."""

    rounds: int = 0
    kills: int = 0
    events: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    seconds: float = 0.0
    slowest_answer: float = 0.0
    resumes: tuple[float, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Tally:
        """What was tallied before, or nothing."""
        if not path.exists():
            return cls()
        found = json.loads(path.read_text())
        return cls(**{**found, "resumes": tuple(found["resumes"])})

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    def plus(self, more: Tally) -> Tally:
        return Tally(
            self.rounds + more.rounds,
            self.kills + more.kills,
            self.events + more.events,
            self.lost + more.lost,
            self.doubled + more.doubled,
            self.wrong + more.wrong,
            self.seconds + more.seconds,
            max(self.slowest_answer, more.slowest_answer),
            self.resumes + more.resumes,
        )

    @property
    def broken(self) -> int:
        return self.lost + self.doubled + self.wrong

    def line(self) -> str:
        """Where it stands, after each round."""
        return (
            f"round {self.rounds}: {self.kills} kills, {self.events:,} events acknowledged, "
            f"{self.lost} lost, {self.doubled} doubled, {self.wrong} wrong ends"
        )

    def summary(self, database: str) -> str:
        """The figures, one a line."""
        resumes = sorted(self.resumes) or [0.0]
        late = sum(each > 2 for each in resumes)
        figures = {
            "database": database,
            "kills": f"{self.kills:,}",
            "events acknowledged": f"{self.events:,}",
            "acknowledged and lost": self.lost,
            "effects doubled": self.doubled,
            "things that do not end as their newest news says": self.wrong,
            "first effect after a start, median": f"{statistics.median(resumes):.2f} s",
            "first effect after a start, 99 in 100": f"{resumes[int(len(resumes) * 0.99)]:.2f} s",
            "first effect after a start, slowest": f"{resumes[-1]:.2f} s",
            "of these later than two seconds": f"{late} of {len(self.resumes)}",
            "slowest answer": f"{self.slowest_answer:.2f} s",
            "minutes": f"{self.seconds / 60:.1f}",
        }
        return "\n".join(f"{name:<50} {figure}" for name, figure in figures.items())
