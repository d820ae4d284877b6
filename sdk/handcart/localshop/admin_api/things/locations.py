"""How locations and their metafields answer."""

from __future__ import annotations

import json
from typing import Any

from ... import metafields, payloads
from ...gids import gid
from ...world import Location, Metafield
from ..call import Call
from ..lists import levels_page, plain_page
from ..pages import Page, Window
from .readers import Reader, always, formatted, identified
from .stock import level_by_gid


def _location_address(location: Location, call: Call) -> dict[str, Any]:
    country = payloads.COUNTRIES.get(location.country_code, location.country_code)
    return {
        "address1": location.address1,
        "address2": None,
        "city": location.city,
        "zip": location.zip,
        "phone": location.phone,
        "country": country,
        "country_code": location.country_code,
        "latitude": location.latitude,
        "longitude": location.longitude,
        "formatted": formatted(location.address1, location.zip, location.city, country),
    }


def pickup_settings(location: Location, call: Call) -> dict[str, Any] | None:
    if location.pickup_time is None:
        return None
    return {"pickup_time": location.pickup_time, "instructions": location.pickup_instructions}


def _metafield(
    location: Location, call: Call, key: str, namespace: str | None = None
) -> Metafield | None:
    return metafields.find(call.world, location, namespace or f"app--{call.client_id}", key)


def _metafields(
    location: Location, call: Call, namespace: str | None = None, **window: Any
) -> Page:
    kept = metafields.of_location(call.world, location)
    return plain_page(
        [each for each in kept if namespace in (None, each.namespace)], Window(**window)
    )


def _has_stock(location: Location, call: Call) -> bool:
    return any(place == location.id for _, place in call.world.levels)


LOCATION: dict[str, Reader] = {
    **identified("Location"),
    "address": _location_address,
    "fulfills_online_orders": lambda location, call: location.active,
    "has_active_inventory": _has_stock,
    "inventory_level": lambda location, call, inventory_item_id: level_by_gid(
        call, inventory_item_id, gid("Location", location.id)
    ),
    "inventory_levels": lambda location, call, **page: levels_page(
        call, [one for one in call.world.levels.values() if one.location_id == location.id], **page
    ),
    "is_active": lambda location, call: location.active,
    "is_fulfillment_service": always(False),
    "local_pickup_settings_v2": pickup_settings,
    "metafield": _metafield,
    "metafields": _metafields,
    "ships_inventory": lambda location, call: location.active,
}

METAFIELD: dict[str, Reader] = {
    **identified("Metafield"),
    "json_value": lambda metafield, call: json_value(metafield),
    "owner_type": always("LOCATION"),
}


def json_value(metafield: Metafield) -> Any:
    if metafield.type.startswith(("json", "list.", "number_integer", "boolean")):
        return json.loads(metafield.value)
    return metafield.value
