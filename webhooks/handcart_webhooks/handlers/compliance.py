"""The three topics that privacy law asks for; they have their effect on shops that left, too."""

from __future__ import annotations

from handcart.carts import service as carts
from handcart.errors import BadInput
from handcart.households import service as households
from handcart.pickups import service as pickups
from handcart.shoppers import service as shoppers
from handcart.shops import service as shops
from handcart.storage import add_task

from .. import data_requests
from ..payloads.compliance import PersonAsked, ShopAsked, parse_person, parse_shop
from .handler import Effect, Handler, each

# Households first: they are found by the carts that they share.
_ROOMS = {"households": households, "carts": carts, "pickups": pickups, "shoppers": shoppers}


def data_requested(effect: Effect, asked: PersonAsked) -> None:
    """What every room knows of the customer is kept as one export for the merchant to pass on."""
    _check(effect, asked.shop_domain)
    export = {
        name: room.export_customer(effect.work, effect.shop, asked.customer_id)
        for name, room in _ROOMS.items()
    }
    data_requests.keep(
        effect.work,
        effect.shop,
        request_id=effect.delivery.webhook_id,
        customer_id=asked.customer_id,
        export=export,
        at=effect.at,
    )


def customer_redacted(effect: Effect, asked: PersonAsked) -> None:
    """No room and no export knows the customer any more; what was delivered of them goes next."""
    _check(effect, asked.shop_domain)
    for room in _ROOMS.values():
        room.forget_customer(effect.work, effect.shop, asked.customer_id, at=effect.at)
    data_requests.forget_customer(effect.work, effect.shop, asked.customer_id)
    add_task(
        effect.work,
        effect.shop,
        "forget_in_bodies",
        {"webhook_id": effect.delivery.webhook_id},
        at=effect.at,
        kind="job",
    )


def shop_redacted(effect: Effect, asked: ShopAsked) -> None:
    """Nothing of the shop is left, unless it has installed the app again since."""
    _check(effect, asked.shop_domain)
    shops.redact_shop(
        effect.work,
        effect.shop,
        at=effect.at,
        happened_at=effect.delivery.triggered_at or effect.delivery.received_at,
    )


def _check(effect: Effect, shop_domain: str) -> None:
    if shop_domain != effect.shop:
        raise BadInput("shop_mismatch", "the body names another shop than the headers")


HANDLERS = [
    Handler(topic, parse, each(apply), after_uninstall=True, alone=True, erases_shop=erases)
    for topic, parse, apply, erases in (
        ("customers/data_request", parse_person, data_requested, False),
        ("customers/redact", parse_person, customer_redacted, False),
        ("shop/redact", parse_shop, shop_redacted, True),
    )
]
