"""``app/uninstalled``: the shop as it was when it left."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.json import Decoder

from .decoding import Record, Text, decoded


@dataclass(frozen=True, slots=True)
class Leaving:
    shop_domain: str | None


class _Leaving(Record):
    myshopify_domain: Text | None = None


_DECODER = Decoder(_Leaving)


def parse_leaving(body: bytes) -> Leaving:
    leaving: _Leaving = decoded(_DECODER, body)
    domain = leaving.myshopify_domain
    return Leaving(domain and domain.lower())
