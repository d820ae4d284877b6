"""By whom and when something is done to a pickup, why, and of which units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..platform.port import FulfillmentLine
from .lines import Amounts
from .policy import USUAL, Policy


@dataclass(frozen=True, slots=True)
class How:
    """By whom and when an act is done, why, and of what.

    ``units``: line id to units; ``told``: the lines as the platform has them; ``aged``: somebody
    made sure that whoever takes them is old enough.
    """

    by: str
    at: datetime
    why: str = ""
    units: Amounts | None = None
    location_id: int | None = None
    until: datetime | None = None
    note: str | None = None
    told: tuple[FulfillmentLine, ...] = ()
    policy: Policy = USUAL
    aged: bool = False
