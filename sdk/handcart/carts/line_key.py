"""What makes two lines the same line.

The platform's own line keys change over time (shopify.dev, Ajax Cart API), so a line is named by
what it is of: variant, selling plan and properties, written in one canonical way. Two requests
that differ only in spaces, Unicode form or order name the same line.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

# Fields that a theme's form posts along and that say nothing about the goods.
_TRANSPORT = frozenset({"form_type", "utf8"})

# Themes hide properties that begin with an underscore.
GIFT = "_gift"

Properties = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """What a line is of; ``key`` names the line, the same on every device.

    ``parent`` is the key of the line that this one is nested under (a warranty under its kettle),
    or empty: such a line is not the same as the same goods on their own.
    """

    variant_id: int
    selling_plan: int | None = None
    properties: Properties = ()
    parent: str = ""
    key: str = field(init=False, compare=False, repr=False)

    @property
    def is_gift(self) -> bool:
        """Whether the shop gives it along: the line property ``_gift`` says so.

        There is never more than one side's of it, and once its shopper has taken it out nothing
        of ours puts it in again.
        """
        return any(name == GIFT for name, _ in self.properties)

    def __post_init__(self) -> None:
        key = line_key(self.variant_id, self.selling_plan, self.properties, parent_line=self.parent)
        object.__setattr__(self, "key", key)

    @classmethod
    def of(
        cls,
        variant_id: int,
        selling_plan: int | None,
        properties: Mapping[str, str],
        *,
        parent: str = "",
    ) -> Item:
        """The item behind what a platform cart shows, in canonical form."""
        return cls(variant_id, selling_plan, canonical(properties), parent)


def canonical(properties: Mapping[str, str]) -> Properties:
    """NFC, trimmed, sorted by name; empty values and transport-only fields are dropped."""
    clean = ((_plain(name), _plain(value)) for name, value in properties.items())
    return tuple(sorted((n, v) for n, v in clean if n and v and n not in _TRANSPORT))


def line_key(
    variant_id: int,
    selling_plan: int | None = None,
    properties: Properties = (),
    *,
    parent_line: str = "",
    price_mode: str = "",
    fulfilment_intent: str = "",
) -> str:
    """32 hexadecimal characters; ``properties`` must be canonical.

    A child line differs from the same goods on their own (``parent_line``), a gift from what is
    paid for (``price_mode``), what is picked up from what is sent (``fulfilment_intent``).
    """
    parts = [variant_id, selling_plan, properties, parent_line, price_mode, fulfilment_intent]
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()
