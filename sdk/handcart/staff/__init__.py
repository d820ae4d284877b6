"""Who works in the stores of a shop, and what each may do there."""

from __future__ import annotations

from .model import Member as Member
from .model import Role as Role

__all__ = ["Member", "Role"]
