"""``app/uninstalled``: the shop as it was when it left. ``app/scopes_update``: what it grants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from msgspec.json import Decoder

from .decoding import Moment, Record, Text, decoded


@dataclass(frozen=True, slots=True)
class Leaving:
    shop_domain: str | None


class _Leaving(Record):
    myshopify_domain: Text | None = None


@dataclass(frozen=True, slots=True)
class Granting:
    """``scopes`` are all that the shop grants now."""

    scopes: tuple[str, ...]
    updated_at: datetime | None


class _Granting(Record):
    current: list[Text]
    updated_at: Moment | None = None


_LEAVING = Decoder(_Leaving)
_GRANTING = Decoder(_Granting)


def parse_leaving(body: bytes) -> Leaving:
    leaving: _Leaving = decoded(_LEAVING, body)
    domain = leaving.myshopify_domain
    return Leaving(domain and domain.lower())


def parse_granting(body: bytes) -> Granting:
    granting: _Granting = decoded(_GRANTING, body)
    return Granting(tuple(granting.current), granting.updated_at)
