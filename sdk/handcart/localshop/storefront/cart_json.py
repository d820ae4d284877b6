"""A cart as the Ajax API shows it; every amount in minor units, as integers."""

from __future__ import annotations

from typing import Any

from ..catalogue import full_title, has_only_default_variant
from ..inventory import available
from ..world import Cart, CartLine, Product, Variant, World
from .carts import shown_token


def cart_json(world: World, cart: Cart) -> dict[str, Any]:
    """Every key of ``GET /cart.js``; prices are today's, as the platform recomputes them."""
    items = [item_json(world, line) for line in cart.lines]
    total = sum(item["final_line_price"] for item in items)
    return {
        "token": shown_token(cart),
        "note": cart.note,
        "attributes": dict(cart.attributes),
        "original_total_price": total,
        "total_price": total,
        "total_discount": 0,
        "total_weight": sum(item["grams"] * item["quantity"] for item in items),
        "item_count": sum(line.quantity for line in cart.lines),
        "items": items,
        "requires_shipping": any(item["requires_shipping"] for item in items),
        "currency": world.shop.currency,
        "items_subtotal_price": total,
        "cart_level_discount_applications": [],
        "discount_codes": [],
    }


def item_json(world: World, line: CartLine) -> dict[str, Any]:
    variant = world.variants[line.variant_id]
    product = world.products[variant.product_id]
    return {
        "id": variant.id,
        "properties": dict(line.properties),
        "quantity": line.quantity,
        "variant_id": variant.id,
        "key": line.key,
        "title": full_title(world, variant),
        **_amounts(variant, line.quantity),
        "discounts": [],
        "sku": variant.sku,
        "grams": variant.grams,
        "vendor": product.vendor,
        "taxable": True,
        "gift_card": False,
        "requires_shipping": variant.requires_shipping,
        **_about(world, product, variant),
        "line_level_discount_allocations": [],
        "line_level_total_discount": 0,
        "has_components": False,
    }


def _amounts(variant: Variant, quantity: int) -> dict[str, int]:
    whole = variant.price * quantity
    return {
        "price": variant.price,
        "original_price": variant.price,
        "presentment_price": variant.price,
        "discounted_price": variant.price,
        "line_price": whole,
        "original_line_price": whole,
        "total_discount": 0,
        "final_price": variant.price,
        "final_line_price": whole,
    }


def _about(world: World, product: Product, variant: Variant) -> dict[str, Any]:
    image = f"/cdn/products/{product.handle}.svg"
    only = has_only_default_variant(world, product)
    return {
        "product_id": product.id,
        "product_has_only_default_variant": only,
        "url": f"/products/{product.handle}?variant={variant.id}",
        "featured_image": {
            "aspect_ratio": 1.0,
            "alt": product.title,
            "height": 480,
            "url": image,
            "width": 480,
        },
        "image": image,
        "handle": product.handle,
        "product_type": product.product_type,
        "product_title": product.title,
        "product_description": product.description,
        "variant_title": None if only else variant.title,
        "variant_options": [variant.title],
        "options_with_values": [
            {"name": "Title" if only else "Size", "value": variant.title},
        ],
    }


def product_json(world: World, product: Product) -> dict[str, Any]:
    """``GET /products/<handle>.js``: what a theme needs to offer the variants."""
    variants = [world.variants[each] for each in product.variants]
    prices = [variant.price for variant in variants]
    image = f"/cdn/products/{product.handle}.svg"
    return {
        "id": product.id,
        "title": product.title,
        "handle": product.handle,
        "description": product.description,
        "vendor": product.vendor,
        "type": product.product_type,
        "tags": list(product.tags),
        "price": min(prices),
        "price_min": min(prices),
        "price_max": max(prices),
        "price_varies": min(prices) != max(prices),
        "url": f"/products/{product.handle}",
        "images": [image],
        "featured_image": image,
        "variants": [_variant_json(world, product, variant) for variant in variants],
    }


def _variant_json(world: World, product: Product, variant: Variant) -> dict[str, Any]:
    only = has_only_default_variant(world, product)
    return {
        "id": variant.id,
        "title": variant.title,
        "option1": variant.title,
        "sku": variant.sku,
        "requires_shipping": variant.requires_shipping,
        "taxable": True,
        "available": available(world, variant.id) > 0,
        "name": full_title(world, variant),
        "public_title": None if only else variant.title,
        "options": [variant.title],
        "price": variant.price,
        "weight": variant.grams,
        "inventory_management": "shopify",
    }
