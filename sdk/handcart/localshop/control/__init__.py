"""Behind the scenes: the clock, the faults, the deliveries, as a page and as JSON."""

from __future__ import annotations

from . import api, mails, pages

blueprints = (api.blueprint, mails.blueprint, pages.blueprint)

__all__ = ["blueprints"]
