"""How the shop answers."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from ... import payloads
from ...gids import gid
from ...world import Shop
from ..call import Call
from .readers import Reader, always, formatted, number


def _offset(shop: Shop, call: Call) -> str:
    return call.at.astimezone(ZoneInfo(shop.time_zone)).strftime("%z")


def _offset_minutes(shop: Shop, call: Call) -> int:
    offset = call.at.astimezone(ZoneInfo(shop.time_zone)).utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0


def _shop_address(shop: Shop, call: Call) -> dict[str, Any]:
    country = payloads.COUNTRIES.get(shop.country_code, shop.country_code)
    return {
        "id": gid("ShopAddress", shop.id),
        "address1": shop.address1,
        "city": shop.city,
        "zip": shop.zip,
        "phone": shop.phone,
        "country": country,
        "country_code_v2": shop.country_code,
        "formatted": formatted(shop.address1, shop.zip, shop.city, country),
    }


SHOP: dict[str, Reader] = {
    "id": number("Shop"),
    "contact_email": lambda shop, call: shop.email,
    "currency_code": lambda shop, call: shop.currency,
    "enabled_presentment_currencies": lambda shop, call: [shop.currency],
    "iana_timezone": lambda shop, call: shop.time_zone,
    "myshopify_domain": lambda shop, call: shop.domain,
    "primary_domain": lambda shop, call: {
        "id": gid("Domain", shop.id),
        "host": shop.domain,
        "ssl_enabled": True,
        "url": f"https://{shop.domain}",
    },
    "shop_address": _shop_address,
    "shop_owner_name": lambda shop, call: shop.owner,
    "taxes_included": always(True),
    "timezone_abbreviation": lambda shop, call: call.at.astimezone(
        ZoneInfo(shop.time_zone)
    ).tzname(),
    "timezone_offset": _offset,
    "timezone_offset_minutes": _offset_minutes,
    "updated_at": lambda shop, call: shop.created_at,
    "url": lambda shop, call: f"https://{shop.domain}",
}
