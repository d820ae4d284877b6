"""How products, items and levels answer."""

from __future__ import annotations

import html

from ... import catalogue, inventory
from ...gids import gid, level_gid
from ...world import Level
from ..call import Call
from ..lists import levels_page, number_of, variants_page
from ..wire import bad_request
from .readers import Reader, always, identified
from .views import Item, Quantity, item_of

PRODUCT: dict[str, Reader] = {
    **identified("Product"),
    "description_html": lambda product, call: f"<p>{html.escape(product.description)}</p>",
    "has_only_default_variant": lambda product, call: catalogue.has_only_default_variant(
        call.world, product
    ),
    "published_at": lambda product, call: product.created_at,
    "total_inventory": lambda product, call: sum(
        inventory.available(call.world, each) for each in product.variants
    ),
    "tracks_inventory": always(True),
    "variants": lambda product, call, **page: variants_page(
        call, catalogue.variants_of(call.world, product), **page
    ),
}

VARIANT: dict[str, Reader] = {
    **identified("ProductVariant"),
    "available_for_sale": lambda variant, call: inventory.available(call.world, variant.id) > 0,
    # A code of the shop's own: those begin with a 2.
    "barcode": lambda variant, call: f"2{variant.id % 10**12:012d}",
    "compare_at_price": always(None),
    "display_name": lambda variant, call: (
        f"{call.world.products[variant.product_id].title} - {variant.title}"
    ),
    "inventory_item": lambda variant, call: Item(variant),
    "inventory_policy": always("DENY"),
    "inventory_quantity": lambda variant, call: inventory.available(call.world, variant.id),
    "position": lambda variant, call: (
        call.world.products[variant.product_id].variants.index(variant.id) + 1
    ),
    "product": lambda variant, call: call.world.products[variant.product_id],
    "selected_options": lambda variant, call: [
        {
            "name": "Title" if variant.title == "Default Title" else "Option",
            "value": variant.title,
        }
    ],
    "sellable_online_quantity": lambda variant, call: inventory.available(call.world, variant.id),
    "taxable": always(True),
}


def level_by_gid(call: Call, inventory_item_id: str, location_id: str) -> Level | None:
    item, place = number_of(inventory_item_id, "InventoryItem"), number_of(location_id, "Location")
    return call.world.level(item, place) if item and place else None


ITEM: dict[str, Reader] = {
    **identified("InventoryItem"),
    "created_at": lambda item, call: item.variant.created_at,
    "inventory_level": lambda item, call, location_id: level_by_gid(
        call, gid("InventoryItem", item.id), location_id
    ),
    "inventory_levels": lambda item, call, **page: levels_page(
        call,
        [one for one in call.world.levels.values() if one.inventory_item_id == item.id],
        **page,
    ),
    "requires_shipping": lambda item, call: item.variant.requires_shipping,
    "sku": lambda item, call: item.variant.sku,
    "tracked": always(True),
    "updated_at": lambda item, call: item.variant.updated_at,
    "variants": lambda item, call, **page: variants_page(call, [item.variant], **page),
}

QUANTITY_NAMES = (
    "available",
    "committed",
    "damaged",
    "incoming",
    "on_hand",
    "quality_control",
    "reserved",
    "safety_stock",
)


def _quantities(level: Level, call: Call, names: list[str]) -> list[Quantity]:
    found = []
    for name in names:
        if name not in QUANTITY_NAMES:
            raise bad_request(f"The quantity name '{name}' is invalid.")
        own = name in ("available", "committed", "on_hand")
        number = getattr(level, name) if own else level.others.get(name, 0)
        found.append(Quantity(level, name, number))
    return found


LEVEL: dict[str, Reader] = {
    "id": lambda level, call: level_gid(level.inventory_item_id, level.location_id),
    "created_at": lambda level, call: call.world.locations[level.location_id].created_at,
    "is_active": lambda level, call: call.world.locations[level.location_id].active,
    "item": lambda level, call: item_of(call, level.inventory_item_id),
    "location": lambda level, call: call.world.locations[level.location_id],
    "quantities": _quantities,
}

QUANTITY: dict[str, Reader] = {
    "id": lambda quantity, call: (
        f"gid://shopify/InventoryQuantity/{quantity.level.location_id}"
        f"?inventory_item_id={quantity.level.inventory_item_id}&name={quantity.name}"
    ),
    "updated_at": lambda quantity, call: quantity.level.updated_at,
}
