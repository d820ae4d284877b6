"""``fulfillment_orders/*``: global ids, and hardly more.

Which keys a topic has depends on what happened: a split, a move and a hold of a part leave other
fulfillment orders behind, and name them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta
from msgspec.json import Decoder

from handcart.errors import BadInput

from .decoding import Record, decoded

_GID = r"^gid://shopify/FulfillmentOrder/[1-9][0-9]{0,17}\Z"


@dataclass(frozen=True, slots=True)
class Named:
    """Every fulfillment order that a webhook names, in the order of their ids."""

    fulfillment_order_ids: tuple[int, ...]


class _FulfillmentOrder(Record):
    id: Annotated[str, Meta(pattern=_GID)]


class _Named(Record):
    fulfillment_order: _FulfillmentOrder | None = None
    original_fulfillment_order: _FulfillmentOrder | None = None
    moved_fulfillment_order: _FulfillmentOrder | None = None
    remaining_fulfillment_order: _FulfillmentOrder | None = None
    replacement_fulfillment_order: _FulfillmentOrder | None = None


_DECODER = Decoder(_Named)


def parse_named(body: bytes) -> Named:
    said: _Named = decoded(_DECODER, body)
    named = (
        said.fulfillment_order,
        said.original_fulfillment_order,
        said.moved_fulfillment_order,
        said.remaining_fulfillment_order,
        said.replacement_fulfillment_order,
    )
    ids = {int(one.id.rpartition("/")[2]) for one in named if one}
    if not ids:
        raise BadInput("payload_invalid", "fulfillment_order: none is named")
    return Named(tuple(sorted(ids)))
