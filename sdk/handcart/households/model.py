"""Who may do what with a cart that several people fill.

The cart is its owner's own: the owner's browsers hold it, and so only the owner can take it to the
checkout. Members see it, and editors change it, through the same operations that any device of the
owner's would do. Leaving takes away access, never a line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from ..carts.line import Line
from ..carts.line_key import Item

Role = Literal["owner", "editor", "viewer"]

GOOD_FOR = timedelta(days=7)
MOST_MEMBERS = 12
MOST_LINKS = 12
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Member:
    """``name`` is what this member is called by the others; ``replica`` names their operations."""

    customer_id: int
    name: str
    role: Role
    replica: str
    joined_at: datetime

    @property
    def may_change(self) -> bool:
        return self.role in ("owner", "editor")


@dataclass(frozen=True, slots=True)
class Household:
    """``members`` are those who have access now, the owner first, then by when they came."""

    household_id: str
    owner_id: int
    members: tuple[Member, ...]

    def member(self, customer_id: int) -> Member | None:
        return next((one for one in self.members if one.customer_id == customer_id), None)


@dataclass(frozen=True, slots=True)
class Link:
    """A way in for whoever has its secret, until ``expires_at`` or until it is revoked."""

    link_id: str
    household_id: str
    role: Role
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SharedLine:
    """One line as a member sees it; ``added_by`` is a name, or empty for the owner.

    ``looks`` are title, picture and prices as the owner's browser last saw them.
    """

    item: Item
    quantity: int
    added_by: str
    looks: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SharedCart:
    """What a member sees: ``seen`` goes with every change, so that it covers no more than this.

    ``version`` is the cart's, 0 while there is none to listen to.
    """

    household: Household
    me: Member
    lines: tuple[SharedLine, ...]
    seen: Mapping[str, int] = field(default_factory=dict)
    mine: Sequence[Line] = ()
    my_looks: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    cart_id: str = ""
    version: int = 0
