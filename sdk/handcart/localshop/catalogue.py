"""What the shop sells: finding products and variants."""

from __future__ import annotations

from collections.abc import Iterator

from .world import Product, Variant, World


def find_product(world: World, handle: str) -> Product | None:
    return next((one for one in world.products.values() if one.handle == handle), None)


def on_sale(world: World) -> list[Product]:
    """The active products, in the order they were made."""
    return [product for product in world.products.values() if product.status == "ACTIVE"]


def variants_of(world: World, product: Product) -> list[Variant]:
    return [world.variants[variant_id] for variant_id in product.variants]


def has_only_default_variant(world: World, product: Product) -> bool:
    variants = variants_of(world, product)
    return len(variants) == 1 and variants[0].title == "Default Title"


def full_title(world: World, variant: Variant) -> str:
    """``Product - Variant``, or the product's title alone when there is nothing to choose."""
    product = world.products[variant.product_id]
    if variant.title == "Default Title":
        return product.title
    return f"{product.title} - {variant.title}"


def variant_of_item(world: World, inventory_item_id: int) -> Variant | None:
    return next(
        (one for one in world.variants.values() if one.inventory_item_id == inventory_item_id), None
    )


def search(world: World, words: str) -> Iterator[Variant]:
    """Variants whose title or SKU contains every word, ignoring case: the till's look-up."""
    wanted = words.lower().split()
    for variant in world.variants.values():
        text = f"{full_title(world, variant)} {variant.sku}".lower()
        if all(word in text for word in wanted):
            yield variant
