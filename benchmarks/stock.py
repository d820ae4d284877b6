"""What can be promised, and claims of the last units, in this process on SQLite.

    python -m benchmarks.stock [--buyers 200] [--rounds 3]

Availability is asked for 100 variants at 50 locations, with a rule and some holds in force. A claim
is one checkout that reserves its goods: the time in its transaction, from having the connection to
the durable commit, while so many buyers want the same unit at once.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from handcart.errors import RuleBroken
from handcart.platform.port import StockLevel, StoreLocation
from handcart.stock import availability, holds, rules, service
from handcart.stock.rules import StockRules
from handcart.storage import Database

from . import machine, report

SHOP = "juniper-tea.myshopify.com"
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
VARIANTS, LOCATIONS = range(1, 101), range(1, 51)


@contextmanager
def furnished() -> Iterator[Database]:
    """A shop with ten of everything everywhere, that keeps two back."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'stock.db'}")
        db.migrate()
        places = [StoreLocation(one, f"Store {one}", "", "", True, True, "") for one in LOCATIONS]
        levels = [
            StockLevel(1000 + item, item, place, 10, AT) for item in VARIANTS for place in LOCATIONS
        ]
        with db.writing() as work:
            service.mirror(work, SHOP, locations=places, levels=levels, at=AT)
            rules.set_rules(work, SHOP, StockRules(safety=2), by="staff:7", at=AT)
        yield db
        db.close()


def asking(db: Database, times: int) -> list[float]:
    """Milliseconds of each answer about every variant at every location."""
    took = []
    for _ in range(times):
        with db.reading() as view:
            began = time.perf_counter()
            found = availability.to_promise(view, SHOP, VARIANTS, channel="pickup", at=AT)
            took.append((time.perf_counter() - began) * 1000)
        assert sum(len(places) for places in found.values()) == len(VARIANTS) * len(LOCATIONS)
    return took


def claiming(db: Database, buyers: int, *, variant: int) -> tuple[list[float], int]:
    """Milliseconds of each claim of one unit in its transaction, and how many succeeded."""
    took: list[float] = []
    got: list[int] = []

    def claim(number: int) -> None:
        try:
            with db.writing() as work:
                began = time.perf_counter()
                holds.place(
                    work,
                    SHOP,
                    f"cart:{variant}-{number}",
                    [(variant, 1)],
                    location_id=1,
                    channel="pickup",
                    at=AT,
                    until=AT + timedelta(minutes=10),
                )
        except RuleBroken:
            took.append((time.perf_counter() - began) * 1000)
        else:
            took.append((time.perf_counter() - began) * 1000)
            got.append(number)

    with ThreadPoolExecutor(buyers) as threads:
        list(threads.map(claim, range(buyers)))
    return took, len(got)


def measure(buyers: int, rounds: int) -> str:
    with furnished() as db:
        answers = asking(db, 10 * rounds)
        claims: list[float] = []
        for turn in range(rounds):
            took, sold = claiming(db, buyers, variant=turn + 1)
            assert sold == 8, sold
            claims += took
    rows = {
        "available to promise, 100 variants at 50 locations": answers,
        f"claim of a unit, {buyers} buyers at once": claims,
    }
    for what, took in rows.items():
        report.keep("stock", {"what": what, "p50": statistics.median(took), "p95": _p95(took)})
    head = ["", "median, ms", "95th percentile, ms"]
    return report.table(
        head,
        [
            [what, f"{statistics.median(took):.1f}", f"{_p95(took):.1f}"]
            for what, took in rows.items()
        ],
    )


def _p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--buyers", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(machine.facts())
    print(measure(options.buyers, options.rounds))
