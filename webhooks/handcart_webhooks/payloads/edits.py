"""``orders/edited`` and ``refunds/create``: what an order contains has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load

from .schema import Payload, load, positive


@dataclass(frozen=True, slots=True)
class Edited:
    order_id: int


class _OrderEdit(Payload):
    order_id = positive(required=True)


class _Edit(Payload):
    order_edit = fields.Nested(_OrderEdit, required=True)

    @post_load
    def _build(self, data: Mapping[str, Any], **_: Any) -> Edited:
        return Edited(data["order_edit"]["order_id"])


class _Refund(Payload):
    order_id = positive(required=True)

    @post_load
    def _build(self, data: Mapping[str, Any], **_: Any) -> Edited:
        return Edited(data["order_id"])


_EDIT, _REFUND = _Edit(), _Refund()


def parse_edit(body: bytes) -> Edited:
    edited: Edited = load(_EDIT, body)
    return edited


def parse_refund(body: bytes) -> Edited:
    edited: Edited = load(_REFUND, body)
    return edited
