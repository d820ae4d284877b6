"""Global ids, ``gid://shopify/<Type>/<integer>``: made and read in one place."""

from __future__ import annotations

import re

_GID = re.compile(
    r"gid://shopify/([A-Za-z]+)/([0-9]{1,18})(?:\?inventory_item_id=([0-9]{1,18}))?", re.ASCII
)


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def level_gid(inventory_item_id: int, location_id: int) -> str:
    """An inventory level has no number of its own: its location's, then its item's."""
    return f"gid://shopify/InventoryLevel/{location_id}?inventory_item_id={inventory_item_id}"


def read_gid(text: str, kind: str) -> int | None:
    """The number in ``text`` if it is a global id of ``kind``, else None."""
    found = _GID.fullmatch(text)
    return int(found[2]) if found and found[1] == kind else None


def read_level_gid(text: str) -> tuple[int, int] | None:
    """(inventory item id, location id) of an inventory level's global id, else None."""
    found = _GID.fullmatch(text)
    if not found or found[1] != "InventoryLevel" or not found[3]:
        return None
    return int(found[3]), int(found[2])


def kind_of(text: str) -> str | None:
    found = _GID.fullmatch(text)
    return found[1] if found else None
