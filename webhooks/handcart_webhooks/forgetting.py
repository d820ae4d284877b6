"""A customer asked to be forgotten: the bodies of deliveries that name them are emptied.

They are looked for a few at a time, outside the transaction of the request, so that nobody waits
for the writer while months of bodies are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from handcart.compliance.service import bodies_emptied
from handcart.errors import NotFound, NotVerified
from handcart.keys import Keyring

from .bodies import empty
from .inbox import deliveries, find
from .packing import unpack
from .payloads.compliance import parse_person

if TYPE_CHECKING:
    from handcart.app import Handcart

_BATCH = 200


def forget_in_bodies(app: Handcart, shop: str, webhook_id: str) -> None:
    """No ended delivery names the customer of that request, nor does the request itself.

    That they came stays known, and the receipt is complete. Done again it changes nothing.
    """
    with app.db.reading() as view:
        try:
            asked = find(view, shop, webhook_id)
        except NotFound:
            return  # the shop has been erased meanwhile
    if not asked.body:
        return  # done by an earlier try
    customer_id = parse_person(asked.body).customer_id
    last = emptied = 0
    while rows := _rows(app, shop, after=last):
        last = rows[-1].place
        named = [one.webhook_id for one in rows if _names(one, customer_id, app.keyring)]
        with app.db.writing() as work:
            empty(work, shop, named)
        emptied += len(set(named) - {webhook_id})
    with app.db.writing() as work:
        empty(work, shop, [webhook_id])
        bodies_emptied(work, shop, webhook_id, count=emptied, at=app.clock())
    app.db.leave_no_trace()


def _rows(app: Handcart, shop: str, *, after: int) -> Sequence[Any]:
    row = deliveries.c
    found = (
        select(row.shop, row.webhook_id, row.place, row.resource, row.body)
        .where(row.shop == shop, row.place > after, row.state != "waiting", row.body != b"")
        .order_by(row.place)
        .limit(_BATCH)
    )
    with app.db.reading() as view:
        return view.execute(found).all()


def _names(row: Any, customer_id: int, keyring: Keyring) -> bool:
    """Whether it is about the customer, or may be: what no secret opens may name anybody."""
    if row.resource == f"customers:{customer_id}":
        return True
    try:
        return str(customer_id).encode() in unpack(row, keyring)
    except NotVerified:
        return True
