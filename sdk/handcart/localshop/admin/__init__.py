"""The merchant's admin: orders and stock, the app in its frame, tokens and the Admin API."""

from __future__ import annotations

from . import api, apps, pages

blueprints = (pages.blueprint, apps.blueprint, api.blueprint)

__all__ = ["blueprints"]
