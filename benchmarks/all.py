"""Every benchmark, one after the other, as one Markdown document on standard output.

    python -m benchmarks.all            # about ten minutes on an idle machine
    python -m benchmarks.all --write    # and put the figures into the pages that show them

Progress and every single measurement go to standard error, and the latter to
``.build/benchmarks.jsonl``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence

from . import (
    apply,
    backlog,
    counter,
    flood,
    machine,
    memory,
    receive,
    recovery,
    report,
    sizing,
    stock,
    summary,
)
from .arena import ROOT, Arena

Measure = Callable[[Arena], str]
TITLES = {
    "receive": "Received and durable before the 200",
    "apply": "Received and applied, once and in order",
    "flood": "Pages and carts under a flood of webhooks",
    "backlog": "With a backlog, with a long history",
    "memory": "Memory",
    "recovery": "After a crash",
    "stock": "What can be promised, and claims of the last unit",
    "counter": "The counter",
}
USUAL: dict[str, Measure] = {
    "receive": lambda arena: receive.measure(arena, 2, 3),
    "apply": lambda arena: apply.measure(arena, 2, 2000),
    "flood": lambda arena: flood.measure(arena, 8),
    "backlog": lambda arena: backlog.measure(arena, 5, waiting=100_000, done=500_000),
    "memory": lambda arena: memory.measure(arena, 0.75, rate=500),
    "recovery": lambda arena: recovery.measure(arena, 2),
    "stock": lambda arena: stock.measure(200, 3),
    "counter": lambda arena: counter.measure(40, 2000, 30),
}
QUICK: dict[str, Measure] = {
    "receive": lambda arena: receive.measure(arena, 1, 1),
    "apply": lambda arena: apply.measure(arena, 1, 100),
    "flood": lambda arena: flood.measure(arena, 2),
    "backlog": lambda arena: backlog.measure(arena, 1, waiting=1000, done=1000),
    "memory": lambda arena: memory.measure(arena, 0.1, rate=100),
    "recovery": lambda arena: recovery.measure(arena, 1),
    "stock": lambda arena: stock.measure(20, 1),
    "counter": lambda arena: counter.measure(2, 40, 2),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="receive,apply,…", default=",".join(TITLES))
    parser.add_argument("--quick", action="store_true", help="see that it runs; no figures")
    parser.add_argument("--write", action="store_true", help="into the pages")
    options = parser.parse_args()
    sections = QUICK if options.quick else USUAL
    said = list(_all(sections, options.only.split(",")))
    if options.write:
        _write(said)


def _all(sections: Mapping[str, Measure], names: Sequence[str]) -> Iterator[str]:
    """Every part of the document, printed as soon as it is there; the summary is the last."""
    facts = machine.facts()
    report.keep("machine", {"facts": facts})
    yield _say(f"Measured on: {facts}")
    with Arena() as arena:
        for name in names:
            yield _say(f"### {TITLES[name]}\n\n`python -m benchmarks.{name}`")
            yield _say(sections[name](arena))
    yield _say(summary.summary(summary.Lines(report.LINES.read_text().splitlines())))


def _say(text: str) -> str:
    print(text, end="\n\n", flush=True)
    return text


def _write(said: Sequence[str]) -> None:
    """The sections go to our own page, the summary to the operators', the sizes to theirs."""
    facts, *sections, aims = said
    report.put(ROOT / "benchmarks" / "README.md", "\n\n".join([facts, *sections]))
    report.put(ROOT / "docs" / "operating.md", f"{facts}\n\n{aims}")
    report.put(ROOT / "docs" / "sizing.md", f"{facts}\n\n{sizing.tables()}")


if __name__ == "__main__":
    main()
