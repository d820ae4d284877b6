"""Behind the scenes: the clock, the faults, the deliveries, as a page and as JSON."""

from __future__ import annotations

from . import api, pages

blueprints = (api.blueprint, pages.blueprint)

__all__ = ["blueprints"]
