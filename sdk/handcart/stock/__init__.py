"""One stock: what each location can sell, why, and what can still be promised of it."""

from __future__ import annotations

from .hours import OpenDays as OpenDays
from .hours import weekly_hours as weekly_hours
from .model import Availability as Availability
from .model import Item as Item
from .model import Level as Level
from .model import Place as Place
from .movements import Kind as Kind
from .movements import Movement as Movement
from .rules import StockRules as StockRules

__all__ = [
    "Availability",
    "Item",
    "Kind",
    "Level",
    "Movement",
    "OpenDays",
    "Place",
    "StockRules",
    "weekly_hours",
]
