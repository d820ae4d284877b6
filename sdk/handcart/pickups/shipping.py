"""What is missing is sent to the shopper, or all that is still owed; nobody pays more for it.

In between the pickup waits (sending) and a store that has the goods keeps them. The platform gets
an order of its own for them, which costs nothing, and they leave the order that was to be
collected without money going back. Should the platform refuse, the shopper is asked again.
"""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import Connection

from ..errors import BadInput, RuleBroken
from ..keys import Keyring
from ..platform.port import PostalAddress
from ..storage import add_task
from . import elsewhere, lines, shipments, store
from .countries import COUNTRIES
from .how import How
from .model import Pickup
from .shipments import Shipment
from .states import Act, State
from .steps import take

SEND = "send_goods"
_LONGEST = 100
_REGION = re.compile(r"[A-Z0-9-]{0,6}")
_PHONE = re.compile(r"\+?[0-9 ()/.-]{0,30}")


def postal_address(
    *,
    name: str,
    street: str,
    town: str,
    country: str,
    more: str = "",
    postcode: str = "",
    region: str = "",
    phone: str = "",
) -> PostalAddress:
    """What somebody typed, in one line each; raises BadInput (``address_malformed``)."""
    given = PostalAddress(
        name=_line(name),
        street=_line(street),
        more=_line(more),
        postcode=_line(postcode),
        town=_line(town),
        region=_line(region).upper(),
        country=country,
        phone=_line(phone),
    )
    right = (
        all((given.name, given.street, given.town))
        and given.country in COUNTRIES
        and _REGION.fullmatch(given.region)
        and _PHONE.fullmatch(given.phone)
    )
    if not right:
        raise BadInput("address_malformed", "a name, a street, a town and a country are needed")
    return given


def ship(
    work: Connection,
    shop: str,
    pickup_id: str,
    *,
    address: PostalAddress,
    everything: bool,
    keyring: Keyring,
    by: str,
    at: datetime,
) -> Pickup:
    """What is missing is sent there, or ``everything`` that was not collected.

    Raises RuleBroken (``stock_short``) when no other store has it.
    """
    pickup = store.get(work, shop, pickup_id)
    others = elsewhere.elsewhere(work, shop, pickup, at=at)
    place = others.can_send_all if everything else others.can_send
    rest = lines.amounts(pickup.lines, lambda line: line.findable) if everything else None
    waits = take(work, shop, pickup, Act.SHIP, How(by, at, "ship", rest))
    if place is None:
        raise RuleBroken("stock_short", "no other store has it")
    shipments.hold(work, shop, waits, place, at=at)
    shipments.keep(work, shop, waits, address, keyring=keyring, at=at)
    payload = {
        "pickup_id": pickup_id,
        "version": waits.version,
        "fulfillment_order_id": pickup.fulfillment_order_id,
        "order_id": pickup.order_id,
    }
    # In its turn, after what the platform was told of the order before.
    resource = f"order:{pickup.order_id}"
    add_task(work, shop, SEND, payload, at=at, kind="job", resource=resource)
    return waits


def wanted(view: Connection, shop: str, pickup_id: str, version: int) -> Shipment | None:
    """What is still to be sent; None when that is over.

    Once an order has been placed for it, it is over only when it has left the first one too.
    """
    shipment = shipments.find(view, shop, pickup_id, version)
    pickup = store.find(view, shop, pickup_id)
    if shipment is None or pickup is None:
        return None
    return shipment if shipment.order_id or pickup.state is State.SENDING else None


def sent(work: Connection, shop: str, pickup_id: str, *, at: datetime) -> Pickup | None:
    """Another order sends it: what else is owed is prepared, or nothing is left to collect."""
    pickup = store.find(work, shop, pickup_id)
    if pickup is None or pickup.state is not State.SENDING:
        return pickup
    return take(work, shop, pickup, Act.SHIPPED, How("platform", at, "sent"))


def not_sent(work: Connection, shop: str, shipment: Shipment, *, at: datetime) -> Pickup | None:
    """The platform would not: it is missing again, and its shopper is asked."""
    shipments.drop(work, shop, shipment)
    pickup = store.find(work, shop, shipment.pickup_id)
    if pickup is None or pickup.state is not State.SENDING:
        return pickup
    return take(work, shop, pickup, Act.CALL_OFF, How("platform", at, "not_sent"))


def _line(text: str) -> str:
    line = " ".join(text.split())
    if len(line) > _LONGEST:
        raise BadInput("address_malformed", f"at most {_LONGEST} characters in a line")
    return line
