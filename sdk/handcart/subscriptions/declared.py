"""What the code asks of the platform, next to its handlers: topic by topic, on which terms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from ..errors import WiringError
from .model import Wanted

Format = Literal["JSON", "XML"]


@dataclass(frozen=True, slots=True)
class Terms:
    """Which deliveries of a topic are wanted, what of them and how they are written.

    All and everything as JSON is what nobody has to ask for: such terms are false.
    """

    filter: str = ""
    include_fields: tuple[str, ...] = ()
    format: Format = "JSON"

    def __bool__(self) -> bool:
        return self != Terms()


class Declared:
    """The terms of every topic that somebody declared; ``ours`` are the topics of Handcart."""

    def __init__(self, ours: Callable[[], Collection[str]]) -> None:
        self._ours = ours
        self._terms: dict[str, Terms] = {}

    def declare(self, topic: str, terms: Terms) -> None:
        """Raises WiringError when the topic is Handcart's, or was declared on other terms."""
        if terms.format not in get_args(Format):
            raise WiringError("format_unknown", f"{terms.format}: the platform writes JSON or XML")
        if terms and topic in self._ours():
            raise WiringError(
                "topic_is_handcarts", f"Handcart needs every delivery of {topic}, and all of it"
            )
        if self._terms.setdefault(topic, terms) != terms:
            raise WiringError(
                "subscription_twice",
                f"{topic} has one subscription: its handlers ask for it on the same terms",
            )

    @property
    def special(self) -> Mapping[str, Terms]:
        """The topics that a file has to ask for on terms of their own."""
        return {t: terms for t, terms in self._terms.items() if terms and t not in self.of_shops}

    @property
    def of_shops(self) -> frozenset[str]:
        """The topics that no file can ask for: ``shopify.app.toml`` knows no format."""
        return frozenset(topic for topic, one in self._terms.items() if one.format != "JSON")

    def wanted(self, topics: Iterable[str], *, uri: str) -> list[Wanted]:
        """A subscription for each of the topics, in their order, each on its terms."""
        terms = {topic: self._terms.get(topic, Terms()) for topic in sorted(topics)}
        return [
            Wanted(
                topic,
                uri,
                filter=one.filter,
                include_fields=one.include_fields,
                format=one.format,
            )
            for topic, one in terms.items()
        ]
