"""An export of what is known of a person, and the receipt of an erasure. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Subject = Literal["customer", "shop"]


@dataclass(frozen=True, slots=True)
class Export:
    """Everything that was known of a customer when they asked, for the merchant to pass on.

    ``content`` is JSON: what each room says, by the room's name.
    """

    request_id: str
    customer_id: int
    asked_at: datetime
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an erasure did, without saying whose it was.

    ``erased`` and ``kept`` count rows by what they are; what is kept, for the books, no longer
    says whose it was. ``finished_at`` is when no delivered body named the customer any more
    either; None while that is being done.
    """

    request_id: str
    subject: Subject
    asked_at: datetime
    erased_at: datetime
    finished_at: datetime | None
    erased: Mapping[str, int]
    kept: Mapping[str, int]
