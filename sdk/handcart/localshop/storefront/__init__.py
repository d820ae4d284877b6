"""The shop that shoppers see: pages, Ajax cart, checkout, the app's embed and its proxy."""

from __future__ import annotations

from .account import blueprint as account
from .ajax import blueprint as ajax
from .checkout import blueprint as checkout
from .pages import blueprint as pages
from .proxy import blueprint as proxy

blueprints = (pages, ajax, account, checkout, proxy)

__all__ = ["blueprints"]
