"""The rules of carts, without a database: the names that the rest of Handcart uses."""

from __future__ import annotations

from .adopt import Adopted as Adopted
from .adopt import adopt as adopt
from .cart import Cart as Cart
from .line import Line as Line
from .line_key import Item as Item
from .line_key import line_key as line_key
from .platform_cart import PlatformCart as PlatformCart
from .snapshot import Mark as Mark
from .snapshot import Report as Report
from .snapshot import Snapshot as Snapshot
from .snapshot import SnapshotLine as SnapshotLine

__all__ = [
    "Adopted",
    "Cart",
    "Item",
    "Line",
    "Mark",
    "PlatformCart",
    "Report",
    "Snapshot",
    "SnapshotLine",
    "adopt",
    "line_key",
]
