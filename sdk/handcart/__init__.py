"""Handcart: carts that follow the shopper to every device, orders that wait at the counter."""

from __future__ import annotations

from .app import Handcart as Handcart
from .carts.policy import Meeting as Meeting
from .delivery import Delivery as Delivery
from .platform.port import Admin as Admin
from .platform.port import Platform as Platform
from .settings import Settings as Settings
from .shops.model import Shop as Shop
from .timetable import Timer as Timer

__all__ = ["Admin", "Delivery", "Handcart", "Meeting", "Platform", "Settings", "Shop", "Timer"]
