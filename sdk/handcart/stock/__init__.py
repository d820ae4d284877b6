"""What each location can sell: the platform's levels, mirrored."""

from __future__ import annotations

from .hours import OpenDays as OpenDays
from .hours import weekly_hours as weekly_hours
from .model import Availability as Availability
from .model import Level as Level
from .model import Place as Place

__all__ = ["Availability", "Level", "OpenDays", "Place", "weekly_hours"]
