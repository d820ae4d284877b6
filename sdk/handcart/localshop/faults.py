"""Misfortune on demand: what the network and the platform do to webhooks on a bad day.

Whether a rule strikes is drawn from the seed, the rule and the number of the delivery within its
topic, so the same seed and the same events have the same bad luck whatever the threads do.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from ..errors import BadInput

FAULTS: Mapping[str, str] = {
    "duplicate": "sent again after the first time, with the same id",
    "reorder": "held back and sent after later ones",
    "delay": "sent so many seconds later on the shop's clock",
    "drop": "never sent",
    "corrupt_signature": "sent with a signature that is wrong, once",
    "twice_at_once": "sent twice at the same moment",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One fault for the topics that match ``topic`` (``orders/*``).

    It strikes with ``probability``, and at most ``times`` more (None: without end). ``copies`` is
    how often a duplicate comes again, or how many later ones overtake; ``seconds`` the delay.
    """

    fault: str
    topic: str = "*"
    probability: float = 1.0
    times: int | None = None
    copies: int = 1
    seconds: float = 60.0


class Faults:
    """The rules in force; without any, every delivery goes out once and whole."""

    def __init__(self, *, seed: int = 1) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._seen: Counter[str] = Counter()

    @property
    def rules(self) -> tuple[Rule, ...]:
        with self._lock:
            return tuple(self._rules)

    def add(self, fault: str, **limits: Any) -> Rule:
        """Put one more rule in force; ``limits`` are the other fields of Rule."""
        return self.put(Rule(fault=fault, **limits))

    def put(self, rule: Rule) -> Rule:
        """Put ``rule`` in force beside the others."""
        checked(rule)
        with self._lock:
            self._rules.append(rule)
        return rule

    def replace(self, rules: Sequence[Rule], *, seed: int | None = None) -> None:
        """Put exactly ``rules`` in force and begin counting again."""
        fresh = [checked(rule) for rule in rules]
        with self._lock:
            self._rules = fresh
            self._seen.clear()
            self._seed = self._seed if seed is None else seed

    def clear(self) -> None:
        self.replace(())

    def strike(self, topic: str) -> tuple[Rule, ...]:
        """The rules that strike this delivery of ``topic``; each loses one of its times."""
        with self._lock:
            number = self._seen[topic]
            self._seen[topic] += 1
            struck = []
            for place, rule in enumerate(self._rules):
                if self._strikes(rule, topic, f"{place}:{topic}:{number}"):
                    struck.append(rule)
                    if rule.times is not None:
                        self._rules[place] = replace(rule, times=rule.times - 1)
            return tuple(struck)

    def _strikes(self, rule: Rule, topic: str, draw: str) -> bool:
        if rule.times == 0 or not fnmatchcase(topic, rule.topic):
            return False
        digest = hashlib.sha256(f"{self._seed}:{draw}".encode()).digest()
        return int.from_bytes(digest[:8]) / 2**64 < rule.probability


def checked(rule: Rule) -> Rule:
    """``rule`` itself, or BadInput that says what is wrong with it."""
    if rule.fault not in FAULTS:
        raise BadInput("unknown_fault", f"{rule.fault} is none of {', '.join(FAULTS)}")
    if not 0 <= rule.probability <= 1:
        raise BadInput("probability_out_of_range", "a probability lies between 0 and 1")
    if (rule.times or 0) < 0 or rule.copies < 1 or rule.seconds < 0:
        raise BadInput(
            "fault_out_of_range", "times and seconds are not negative, copies at least 1"
        )
    return rule
