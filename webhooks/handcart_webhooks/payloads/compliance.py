"""``customers/data_request``, ``customers/redact``, ``shop/redact``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load

from .schema import Payload, load, positive


@dataclass(frozen=True, slots=True)
class PersonAsked:
    shop_domain: str
    customer_id: int


@dataclass(frozen=True, slots=True)
class ShopAsked:
    shop_domain: str


class _Person(Payload):
    id = positive(required=True)


class _PersonAsked(Payload):
    shop_domain = fields.String(required=True)
    customer = fields.Nested(_Person, required=True)

    @post_load
    def _build(self, data: Mapping[str, Any], **_: Any) -> PersonAsked:
        return PersonAsked(data["shop_domain"].lower(), data["customer"]["id"])


class _ShopAsked(Payload):
    shop_domain = fields.String(required=True)

    @post_load
    def _build(self, data: Mapping[str, Any], **_: Any) -> ShopAsked:
        return ShopAsked(data["shop_domain"].lower())


_PERSON = _PersonAsked()
_SHOP = _ShopAsked()


def parse_person(body: bytes) -> PersonAsked:
    asked: PersonAsked = load(_PERSON, body)
    return asked


def parse_shop(body: bytes) -> ShopAsked:
    asked: ShopAsked = load(_SHOP, body)
    return asked
