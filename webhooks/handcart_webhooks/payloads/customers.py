"""``customers/merge``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from msgspec.json import Decoder

from handcart.errors import BadInput

from .decoding import Record, Text, decoded

_GID = re.compile(r"gid://shopify/Customer/([1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class Merge:
    """``done`` is false for a merge that the platform began and could not do."""

    kept_id: int
    gone_id: int
    done: bool


class _Merge(Record):
    admin_graphql_api_customer_kept_id: Text
    admin_graphql_api_customer_deleted_id: Text
    status: Text


_DECODER = Decoder(_Merge)


def parse_merge(body: bytes) -> Merge:
    merge: _Merge = decoded(_DECODER, body)
    return Merge(
        _customer(merge.admin_graphql_api_customer_kept_id),
        _customer(merge.admin_graphql_api_customer_deleted_id),
        merge.status.lower() == "completed",
    )


def _customer(gid: str) -> int:
    found = _GID.fullmatch(gid)
    if found is None:
        raise BadInput("payload_invalid", "not the id of a customer")
    return int(found[1])
