"""What a merchant changes of products, and how webhooks tell of them."""

from __future__ import annotations

from . import inventory
from .catalogue import variants_of
from .gids import gid
from .money import decimal_string
from .payloads import shop_time, utc_time
from .refusals import Refused
from .world import Body, Product, Variant, World

# Told whole: those beyond are named by their ids alone.
_TOLD = 100
_MOST = 10**9


def change_price(world: World, variant_id: int, price: int) -> Variant:
    """The variant costs ``price`` minor units; ``products/update`` tells, if that is a change."""
    if not 0 <= price < _MOST:
        raise Refused("Price must be zero or more.", code="INVALID", field=("price",))
    with world.action():
        variant = world.variants[variant_id]
        if variant.price != price:
            product = world.products[variant.product_id]
            variant.price = price
            variant.updated_at = world.stamp(variant.updated_at)
            product.updated_at = world.stamp(product.updated_at)
            world.emit("products/update", product_body(world, product))
        return variant


def product_body(world: World, product: Product) -> Body:
    """``products/create`` and ``products/update``."""
    variants = variants_of(world, product)
    newest = sorted(variants, key=lambda each: each.updated_at, reverse=True)
    return {
        "admin_graphql_api_id": gid("Product", product.id),
        "body_html": product.description,
        "created_at": shop_time(world, product.created_at),
        "handle": product.handle,
        "id": product.id,
        "product_type": product.product_type,
        "published_at": shop_time(world, product.created_at),
        "template_suffix": None,
        "title": product.title,
        "updated_at": shop_time(world, product.updated_at),
        "vendor": product.vendor,
        "status": product.status.lower(),
        "published_scope": "web",
        "tags": ", ".join(product.tags),
        "variants": [_variant(world, each) for each in variants[:_TOLD]],
        "options": [_options(product, variants)],
        "images": [],
        "image": None,
        "media": [],
        "variant_gids": [
            {
                "admin_graphql_api_id": gid("ProductVariant", each.id),
                "updated_at": utc_time(each.updated_at),
            }
            for each in newest
        ],
        "has_variants_that_requires_components": False,
        "category": None,
    }


def _variant(world: World, variant: Variant) -> Body:
    available = inventory.available(world, variant.id)
    return {
        "admin_graphql_api_id": gid("ProductVariant", variant.id),
        "barcode": None,
        "compare_at_price": None,
        "created_at": shop_time(world, variant.created_at),
        "id": variant.id,
        "inventory_policy": "deny",
        "position": world.products[variant.product_id].variants.index(variant.id) + 1,
        "price": decimal_string(variant.price),
        "product_id": variant.product_id,
        "sku": variant.sku,
        "taxable": True,
        "title": variant.title,
        "updated_at": shop_time(world, variant.updated_at),
        "option1": variant.title,
        "option2": None,
        "option3": None,
        "image_id": None,
        "inventory_item_id": variant.inventory_item_id,
        "inventory_quantity": available,
        "old_inventory_quantity": available,
    }


def _options(product: Product, variants: list[Variant]) -> Body:
    return {
        "id": product.id,
        "product_id": product.id,
        "name": "Title" if variants[0].title == "Default Title" else "Option",
        "position": 1,
        "values": [each.title for each in variants],
    }
