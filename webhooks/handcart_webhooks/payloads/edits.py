"""``orders/edited`` and ``refunds/create``: what an order contains has changed."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.json import Decoder

from .decoding import Id, Record, decoded


@dataclass(frozen=True, slots=True)
class Edited:
    order_id: int


class _OrderEdit(Record):
    order_id: Id


class _Edit(Record):
    order_edit: _OrderEdit


_EDIT, _REFUND = Decoder(_Edit), Decoder(_OrderEdit)


def parse_edit(body: bytes) -> Edited:
    edit: _Edit = decoded(_EDIT, body)
    return Edited(edit.order_edit.order_id)


def parse_refund(body: bytes) -> Edited:
    refund: _OrderEdit = decoded(_REFUND, body)
    return Edited(refund.order_id)
