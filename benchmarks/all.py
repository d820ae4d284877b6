"""Every benchmark, one after the other, as one Markdown document on standard output.

    python -m benchmarks.all > figures.md          # about ten minutes on an idle machine

Progress and every single measurement go to standard error, and the latter to
``.build/benchmarks.jsonl``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from . import apply, backlog, flood, machine, memory, receive, recovery
from .arena import Arena

SECTIONS: dict[str, tuple[str, Callable[[Arena], str]]] = {
    "receive": (
        "Received and durable before the 200",
        lambda arena: receive.measure(arena, 2, 3),
    ),
    "apply": (
        "Received and applied, once and in order",
        lambda arena: apply.measure(arena, 2, 2000),
    ),
    "flood": (
        "Pages and carts under a flood of webhooks",
        lambda arena: flood.measure(arena, 8),
    ),
    "backlog": (
        "With a backlog, with a long history",
        lambda arena: backlog.measure(arena, 3, waiting=100_000, done=500_000),
    ),
    "memory": (
        "Memory",
        lambda arena: memory.measure(arena, 0.75, rate=500),
    ),
    "recovery": (
        "After a crash",
        lambda arena: recovery.measure(arena, 2),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="receive,apply,…", default=",".join(SECTIONS))
    options = parser.parse_args()
    _say(f"Measured on: {machine.facts()}")
    with Arena() as arena:
        for name in options.only.split(","):
            title, measure = SECTIONS[name]
            _say(f"## {title}\n\n`python -m benchmarks.{name}`")
            _say(measure(arena))


def _say(text: str) -> None:
    print(text, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
