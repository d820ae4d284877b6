"""``app/uninstalled``: the shop as it was when it left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load

from .schema import Payload, load


@dataclass(frozen=True, slots=True)
class Leaving:
    shop_domain: str | None


class _Leaving(Payload):
    myshopify_domain = fields.String(load_default=None, allow_none=True)

    @post_load
    def _build(self, data: Mapping[str, Any], **_: Any) -> Leaving:
        domain = data["myshopify_domain"]
        return Leaving(domain and domain.lower())


_LEAVING = _Leaving()


def parse_leaving(body: bytes) -> Leaving:
    leaving: Leaving = load(_LEAVING, body)
    return leaving
