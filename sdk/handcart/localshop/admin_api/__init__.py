"""The local platform's Admin GraphQL: a pruned schema that agrees with the real one."""

from __future__ import annotations

from .door import NEWEST as NEWEST
from .door import VERSIONS as VERSIONS
from .door import execute as execute

__all__ = ["NEWEST", "VERSIONS", "execute"]
