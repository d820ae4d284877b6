"""Readers that many things share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ... import payloads
from ...gids import gid
from ...world import Address
from ..call import Call
from ..lists import plain_page
from ..pages import Page, Window

Reader = Callable[..., Any]


def number(kind: str) -> Reader:
    return lambda thing, call: gid(kind, thing.id)


def identified(kind: str) -> dict[str, Reader]:
    return {"id": number(kind), "legacy_resource_id": lambda thing, call: thing.id}


def always(value: Any) -> Reader:
    return lambda thing, call: value


def text(name: str) -> Reader:
    """An attribute whose empty text is null outside."""
    return lambda thing, call: getattr(thing, name) or None


def money(minor: int, call: Call) -> dict[str, Any]:
    """A MoneyBag."""
    one = {"amount": minor, "currency_code": call.world.shop.currency}
    return {"shop_money": one, "presentment_money": one}


def in_money(read: Callable[[Any], int]) -> Reader:
    return lambda thing, call: money(read(thing), call)


def lines_page(things: Iterable[Any], window: Mapping[str, Any]) -> Page:
    return plain_page(things, Window(**window), number=lambda each: each.line.id)


def mailing_address(address: Address | None, owner_id: int) -> dict[str, Any] | None:
    if address is None:
        return None
    fields: dict[str, Any] = payloads.address(address) or {}
    return {
        **fields,
        "id": gid("MailingAddress", owner_id),
        "country_code_v2": address.country_code,
        "formatted": formatted(address.address1, address.zip, address.city, fields["country"]),
    }


def formatted(street: str, postcode: str, city: str, country: str) -> list[str]:
    return [line for line in (street, f"{postcode} {city}".strip(), country) if line]
