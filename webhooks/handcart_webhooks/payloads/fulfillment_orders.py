"""``fulfillment_orders/*``: global ids, and hardly more.

Which keys a topic has depends on what happened: a split, a move and a hold of a part leave other
fulfillment orders behind, and name them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load, validate, validates_schema
from marshmallow.exceptions import ValidationError

from .schema import Payload, load

_GID = re.compile(r"gid://shopify/FulfillmentOrder/([1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Named:
    """Every fulfillment order that a webhook names, in the order of their ids."""

    fulfillment_order_ids: tuple[int, ...]


class _FulfillmentOrder(Payload):
    id = fields.String(required=True, validate=validate.Regexp(rf"{_GID.pattern}\Z"))


class _Named(Payload):
    fulfillment_order = fields.Nested(_FulfillmentOrder)
    original_fulfillment_order = fields.Nested(_FulfillmentOrder)
    moved_fulfillment_order = fields.Nested(_FulfillmentOrder)
    remaining_fulfillment_order = fields.Nested(_FulfillmentOrder, allow_none=True)
    replacement_fulfillment_order = fields.Nested(_FulfillmentOrder, allow_none=True)

    @validates_schema
    def _names_one(self, data: Mapping[str, Any], **_: Any) -> None:
        if not any(data.values()):
            raise ValidationError("Missing data for required field.", "fulfillment_order")

    @post_load
    def _build(self, data: Mapping[str, Any], **_: Any) -> Named:
        ids = {int(one["id"].rpartition("/")[2]) for one in data.values() if one}
        return Named(tuple(sorted(ids)))


_NAMED = _Named()


def parse_named(body: bytes) -> Named:
    named: Named = load(_NAMED, body)
    return named
