"""For tests of apps built on Handcart: a shop, a shopper's browser, and your app between them."""

from __future__ import annotations

from .browser import Storefront as Storefront
from .script import CartScript as CartScript
from .street import Street as Street
from .street import open_street as open_street

__all__ = ["CartScript", "Storefront", "Street", "open_street"]
