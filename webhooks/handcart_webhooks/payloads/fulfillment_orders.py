"""``fulfillment_orders/*``: a global id, and hardly more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load, validate

from .schema import Payload, load

_GID = re.compile(r"gid://shopify/FulfillmentOrder/([1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Routed:
    fulfillment_order_id: int


class _FulfillmentOrder(Payload):
    id = fields.String(required=True, validate=validate.Regexp(rf"{_GID.pattern}\Z"))


class _Routed(Payload):
    fulfillment_order = fields.Nested(_FulfillmentOrder, required=True)

    @post_load
    def _build(self, data: Mapping[str, Any], **_: Any) -> Routed:
        return Routed(int(data["fulfillment_order"]["id"].rpartition("/")[2]))


_ROUTED = _Routed()


def parse_routed(body: bytes) -> Routed:
    routed: Routed = load(_ROUTED, body)
    return routed
