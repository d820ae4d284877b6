"""``products/update`` and ``products/delete``: what its variants cost, and whether it is there.

The platform tells of the first hundred variants whole and of the others by their global id alone
(shopify.dev, "Webhooks": products/update).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated

from msgspec import Meta
from msgspec.json import Decoder

from handcart.watches.hearing import ProductTold

from .decoding import Id, Moment, Record, Text, decoded

_GID = re.compile(r"gid://shopify/ProductVariant/([1-9][0-9]{0,18})\Z")
_Price = Annotated[str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$")]


class _Variant(Record):
    id: Id
    title: str | None
    price: _Price


class _Named(Record):
    admin_graphql_api_id: str


class _Product(Record):
    id: Id
    title: str
    handle: Text
    status: Text
    updated_at: Moment
    variants: list[_Variant]
    variant_gids: list[_Named] | None = None


class _Gone(Record):
    id: Id


_PRODUCT = Decoder(_Product)
_GONE = Decoder(_Gone)


def parse_product(body: bytes) -> ProductTold:
    product: _Product = decoded(_PRODUCT, body)
    return ProductTold(
        product_id=product.id,
        title=product.title,
        handle=product.handle,
        on_sale=product.status == "active",
        updated_at=product.updated_at,
        prices={one.id: Decimal(one.price) for one in product.variants},
        titles={one.id: one.title or "" for one in product.variants},
        variants=None if product.variant_gids is None else _ids(product.variant_gids),
    )


def parse_gone(body: bytes) -> int:
    gone: _Gone = decoded(_GONE, body)
    return gone.id


def _ids(named: Iterable[_Named]) -> frozenset[int]:
    found = (_GID.match(one.admin_graphql_api_id) for one in named)
    return frozenset(int(one[1]) for one in found if one)
