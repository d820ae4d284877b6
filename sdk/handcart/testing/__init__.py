"""For tests of apps built on Handcart: a shopper's browser, without the browser."""

from __future__ import annotations

from .browser import Storefront as Storefront
from .script import CartScript as CartScript

__all__ = ["CartScript", "Storefront"]
