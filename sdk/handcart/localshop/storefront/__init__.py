"""The shop that shoppers see: pages, Ajax cart, checkout, the app's embed and its proxy."""

from __future__ import annotations

from . import account, ajax, checkout, pages, proxy, web_pixels

blueprints = (
    pages.blueprint,
    ajax.blueprint,
    account.blueprint,
    checkout.blueprint,
    proxy.blueprint,
    web_pixels.blueprint,
)

__all__ = ["blueprints"]
