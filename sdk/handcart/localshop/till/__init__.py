"""The till: selling over the counter, with large keys and with a keyboard."""

from __future__ import annotations

from . import pages

blueprints = (pages.blueprint,)

__all__ = ["blueprints"]
