"""``carts/create`` and ``carts/update``: what one browser's cart holds, and nothing of whose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta
from msgspec.json import Decoder

from handcart.carts.model import SnapshotLine

from .decoding import Id, Moment, Record, decoded


@dataclass(frozen=True, slots=True)
class CartSnapshot:
    token: str
    updated_at: datetime
    lines: tuple[SnapshotLine, ...]


class _Line(Record):
    variant_id: Id
    quantity: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    properties: dict[str, Any] | None = None


class _Cart(Record):
    token: Annotated[str, Meta(min_length=1, max_length=200)]
    updated_at: Moment
    line_items: list[_Line]


_DECODER = Decoder(_Cart)


def parse_cart(body: bytes) -> CartSnapshot:
    cart: _Cart = decoded(_DECODER, body)
    return CartSnapshot(
        token=cart.token,
        updated_at=cart.updated_at,
        lines=tuple(_line(line) for line in cart.line_items),
    )


def _line(line: _Line) -> SnapshotLine:
    return SnapshotLine(
        variant_id=line.variant_id,
        quantity=line.quantity,
        properties={name: str(value) for name, value in (line.properties or {}).items()},
        selling_plan=None,
    )
