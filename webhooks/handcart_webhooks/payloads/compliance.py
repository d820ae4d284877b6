"""``customers/data_request``, ``customers/redact``, ``shop/redact``."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.json import Decoder

from .decoding import Id, Record, Text, decoded


@dataclass(frozen=True, slots=True)
class PersonAsked:
    shop_domain: str
    customer_id: int


@dataclass(frozen=True, slots=True)
class ShopAsked:
    shop_domain: str


class _Person(Record):
    id: Id


class _PersonAsked(Record):
    shop_domain: Text
    customer: _Person


class _ShopAsked(Record):
    shop_domain: Text


_PERSON = Decoder(_PersonAsked)
_SHOP = Decoder(_ShopAsked)


def parse_person(body: bytes) -> PersonAsked:
    asked: _PersonAsked = decoded(_PERSON, body)
    return PersonAsked(asked.shop_domain.lower(), asked.customer.id)


def parse_shop(body: bytes) -> ShopAsked:
    asked: _ShopAsked = decoded(_SHOP, body)
    return ShopAsked(asked.shop_domain.lower())
