"""Plans and payment: the platform's own plan page, and the Billing API for apps that propose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from ...errors import PlatformError
from ...shops.billing import PlanNews
from ..port import Admin
from .documents import document


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan that the app proposes: ``price`` in ``currency`` for each interval."""

    name: str
    price: Decimal
    currency: str
    interval: Literal["EVERY_30_DAYS", "ANNUAL"] = "EVERY_30_DAYS"


def plan_page(platform: str, shop: str, *, app_handle: str) -> str:
    """Where the merchant chooses one of the plans in the developer's dashboard (App Pricing).

    ``platform`` is the shop's own address; it leads on to the admin.
    """
    return f"{platform}/admin/charges/{app_handle}/pricing_plans"


def propose(admin: Admin, offer: Offer, *, return_url: str, trial_days: int, test: bool) -> str:
    """The address at which the merchant agrees to the offer or does not.

    They come back to ``return_url``; nothing is paid before they agree. ``trial_days`` are free.
    ``test``: nobody is charged. Raises UserErrors when the platform refuses the offer.
    """
    price = {"amount": str(offer.price), "currencyCode": offer.currency}
    recurring = {"price": price, "interval": offer.interval}
    answer = admin.execute(
        document("charge_propose"),
        {
            "name": offer.name,
            "returnUrl": return_url,
            "lines": [{"plan": {"appRecurringPricingDetails": recurring}}],
            "trialDays": trial_days,
            "test": test,
        },
    )
    url = answer["appSubscriptionCreate"]["confirmationUrl"]
    if not url:
        raise PlatformError("answer_malformed", "the platform gave no address to agree at")
    return str(url)


def active(admin: Admin, *, at: datetime) -> list[PlanNews]:
    """What the shop pays for now, as of ``at``: for when the merchant is back sooner than the
    webhook."""
    found = admin.execute(document("charges_active"), {})["currentAppInstallation"]
    return [
        PlanNews(
            subscription_id=one["id"],
            plan=one["name"],
            status=one["status"].lower(),
            updated_at=at.astimezone(UTC),
            is_test=one["test"],
        )
        for one in found["activeSubscriptions"]
    ]
