"""The three topics that privacy law asks for; they have their effect on shops that left, too."""

from __future__ import annotations

from datetime import datetime

from handcart.compliance import service as compliance
from handcart.errors import BadInput
from handcart.storage import add_task

from ..payloads.compliance import PersonAsked, ShopAsked, parse_person, parse_shop
from .handler import Effect, Handler, each


def data_requested(effect: Effect, asked: PersonAsked) -> None:
    """What is known of the customer is kept as one export for the merchant to pass on."""
    _check(effect, asked.shop_domain)
    compliance.answer(
        effect.work,
        effect.shop,
        request_id=effect.delivery.webhook_id,
        customer_id=asked.customer_id,
        at=effect.at,
    )


def customer_redacted(effect: Effect, asked: PersonAsked) -> None:
    """Nothing knows the customer any more; what was delivered of them goes next."""
    _check(effect, asked.shop_domain)
    compliance.erase_customer(
        effect.work,
        effect.shop,
        request_id=effect.delivery.webhook_id,
        customer_id=asked.customer_id,
        asked_at=_asked_at(effect),
        at=effect.at,
    )
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
    compliance.erase_shop(
        effect.work,
        effect.shop,
        request_id=effect.delivery.webhook_id,
        asked_at=_asked_at(effect),
        at=effect.at,
    )


def _asked_at(effect: Effect) -> datetime:
    return effect.delivery.triggered_at or effect.delivery.received_at


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
