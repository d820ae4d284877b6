"""Behind the scenes: the clock, the faults, the deliveries, as a page and as JSON."""

from __future__ import annotations

from .api import blueprint as api
from .pages import blueprint as pages

blueprints = (api, pages)

__all__ = ["blueprints"]
