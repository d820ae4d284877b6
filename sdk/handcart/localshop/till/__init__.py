"""The till: selling over the counter, with large keys and with a keyboard."""

from __future__ import annotations

from .pages import blueprint as pages

blueprints = (pages,)

__all__ = ["blueprints"]
