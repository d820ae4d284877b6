"""Which devices belong to which shopper."""

from __future__ import annotations
