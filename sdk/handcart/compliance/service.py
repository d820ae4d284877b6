"""The three things that privacy law has the platform ask for. Each function is one transaction.

They need no token and no platform, so a shop that has left, and whose tokens are dead, is served
alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import ModuleType

from sqlalchemy import Connection

from ..carts import service as carts
from ..errors import NotFound
from ..funnel import store as _funnel  # noqa: F401 - the same
from ..households import privacy as households
from ..pickups import service as pickups
from ..shoppers import merged
from ..shoppers import service as shoppers
from ..shoppers.forgotten import digest_of
from ..shops import service as shops
from ..shops import store as shop_rows
from ..staff import store as _staff  # noqa: F401 - a shop's rows are erased from every table
from ..watches import service as watches
from . import store
from .model import Export, Receipt

# Households first: they are found by the carts that they share.
ROOMS: Mapping[str, ModuleType] = {
    "households": households,
    "carts": carts,
    "pickups": pickups,
    "watches": watches,
    "shoppers": shoppers,
}

# Sales and their fulfilment have to be kept for the books; they no longer say whose they were.
_FOR_THE_BOOKS = {"orders", "pickups"}


def answer(work: Connection, shop: str, *, request_id: str, customer_id: int, at: datetime) -> None:
    """What every room knows of the customer is kept as one export, for the merchant to pass on."""
    content = {name: room.export_customer(work, shop, customer_id) for name, room in ROOMS.items()}
    store.keep_export(
        work, shop, request_id=request_id, customer_id=customer_id, content=content, at=at
    )


def erase_customer(
    work: Connection,
    shop: str,
    *,
    request_id: str,
    customer_id: int,
    asked_at: datetime,
    at: datetime,
) -> None:
    """No room and no export knows the customer any more; a receipt says what was done.

    The receipt is complete once the bodies that were delivered are emptied, too:
    ``bodies_emptied``.
    """
    every_id = merged.names_of(work, shop, customer_id)
    done: dict[str, int] = {}
    for room in ROOMS.values():
        done |= room.forget_customer(work, shop, customer_id, at=at)
    done["exports"] = sum(store.delete_exports(work, shop, each) for each in every_id)
    receipt = Receipt(
        request_id=request_id,
        subject="customer",
        asked_at=asked_at,
        erased_at=at,
        finished_at=None,
        erased={name: count for name, count in done.items() if name not in _FOR_THE_BOOKS},
        kept={name: count for name, count in done.items() if name in _FOR_THE_BOOKS},
    )
    store.keep_receipt(work, shop, receipt, person_digest=digest_of(shop, customer_id))


def bodies_emptied(
    work: Connection, shop: str, request_id: str, *, count: int, at: datetime
) -> None:
    """The receipt of that request is complete."""
    store.finish_receipt(work, shop, request_id, erased={"deliveries": count}, at=at)


def erase_shop(
    work: Connection, shop: str, *, request_id: str, asked_at: datetime, at: datetime
) -> bool:
    """Nothing of the shop is left but receipts; False when it has come back and stays."""
    counted = shop_rows.count_rows(work, shop)
    if not shops.redact_shop(work, shop, at=at, happened_at=asked_at):
        return False
    receipt = Receipt(
        request_id=request_id,
        subject="shop",
        asked_at=asked_at,
        erased_at=at,
        finished_at=at,
        erased=counted,
        kept={},
    )
    store.keep_receipt(work, shop, receipt)
    return True


def exports_of(view: Connection, shop: str) -> tuple[Export, ...]:
    """What customers of the shop asked to see, the newest first."""
    return store.exports(view, shop)


def export_of(view: Connection, shop: str, request_id: str) -> Export:
    """The export that answers one request; raises NotFound."""
    found = store.exports(view, shop, request_id=request_id)
    if not found:
        raise NotFound("export_unknown", "there is no export of that request, or it was erased")
    return found[0]


def receipts_of(
    view: Connection, shop: str, *, customer_id: int | None = None
) -> tuple[Receipt, ...]:
    """What was erased, the newest first: of one customer, if they are named, or of all.

    Also for a shop that is erased itself.
    """
    digest = None if customer_id is None else digest_of(shop, customer_id)
    return store.receipts_of(view, shop, person_digest=digest)
