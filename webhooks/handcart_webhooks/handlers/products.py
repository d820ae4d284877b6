"""Products: what those cost that somebody watches."""

from __future__ import annotations

from handcart.watches import hearing
from handcart.watches.hearing import ProductTold

from ..payloads.products import parse_gone, parse_product
from .handler import Effect, Handler, each


def product_changed(effect: Effect, told: ProductTold) -> None:
    """Whoever watches a variant will hear that it costs less; an older delivery says nothing."""
    hearing.product_told(effect.work, effect.shop, told, at=effect.at)


def product_deleted(effect: Effect, product_id: int) -> None:
    """Nobody watches it any more."""
    hearing.product_gone(effect.work, effect.shop, product_id)


HANDLERS = [
    Handler("products/update", parse_product, each(product_changed)),
    Handler("products/delete", parse_gone, each(product_deleted)),
]
