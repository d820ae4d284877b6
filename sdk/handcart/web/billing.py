"""The merchant's way to a plan and back."""

from __future__ import annotations

from flask import Blueprint, g, redirect, request
from flask.typing import ResponseReturnValue

from ..platform.shopify import charges
from ..shops import billing
from . import handcart
from .embedded import leave_frame, merchant_required

blueprint = Blueprint("billing", __name__)

RETURN_PATH = "/billing/done"


def to_plan_page(*, app_handle: str) -> ResponseReturnValue:
    """Take the merchant to the platform's page of the app's plans (App Pricing)."""
    shop = g.merchant.shop
    base = handcart().settings.platform_for(shop)
    return leave_frame(charges.plan_page(base, shop, app_handle=app_handle))


def to_offer(offer: charges.Offer, *, test: bool = False) -> ResponseReturnValue:
    """Take the merchant to the platform's question whether they agree to ``offer``.

    What is left of the trial stays free of charge. They come back to ``/billing/done``.
    """
    app, shop = handcart(), g.merchant.shop
    with app.db.reading() as seen:
        free = billing.trial_days_left(seen, shop, at=app.clock())
    back = f"{app.settings.platform_for(shop)}/admin/apps/{app.settings.api_key}{RETURN_PATH}"
    admin = app.admin(shop)
    return leave_frame(charges.propose(admin, offer, return_url=back, trial_days=free, test=test))


@blueprint.get(RETURN_PATH)
@merchant_required
def done() -> ResponseReturnValue:
    """The merchant is back: what they pay for is asked, for the webhook may still be under way."""
    app, shop = handcart(), g.merchant.shop
    at = app.clock()
    found = charges.active(app.admin(shop), at=at)
    with app.db.writing() as work:
        for news in found:
            billing.plan_told(work, shop, news, at=at)
    return redirect(f"/?{request.query_string.decode('latin-1')}")
