"""The merchant's admin: orders and stock, the app in its frame, tokens and the Admin API."""

from __future__ import annotations

from .api import blueprint as api
from .apps import blueprint as apps
from .pages import blueprint as pages

blueprints = (pages, apps, api)

__all__ = ["blueprints"]
