"""What the merchant pays for, and how long they may still try; a sample, so nobody is charged."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from handcart.platform.shopify.charges import Offer
from handcart.shops import billing
from handcart.web import handcart
from handcart.web.billing import to_offer
from handcart.web.embedded import merchant_required

OFFER = Offer("Handcart", Decimal("29.90"), "EUR")

blueprint = Blueprint("plan", __name__)


@blueprint.get("/plan")
@merchant_required
def choose() -> ResponseReturnValue:
    """The platform's question whether the merchant agrees to pay."""
    return to_offer(OFFER, test=True)


def access() -> billing.Access:
    """Where the shop of the merchant who looks stands."""
    app = handcart()
    with app.db.reading() as view:
        return billing.access_of(view, g.merchant.shop, at=app.clock())


def check() -> None:
    """Raises Denied for who neither pays nor tries: they look on, and nothing of theirs is lost."""
    app = handcart()
    with app.db.reading() as view:
        billing.check_writable(view, g.merchant.shop, at=app.clock())
