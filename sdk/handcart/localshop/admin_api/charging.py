"""The mutations by which an app asks to be paid."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from graphql import GraphQLResolveInfo

from .. import charges
from ..refusals import Refused
from .answers import Payload, answer
from .call import Call
from .idempotency import refuse_key
from .lists import number_of
from .wire import not_served


def _propose(
    info: GraphQLResolveInfo[Any],
    call: Call,
    name: str,
    return_url: str,
    line_items: list[dict[str, Any]],
    trial_days: int | None = None,
    test: bool | None = False,
    replacement_behavior: str = "STANDARD",
) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        made = charges.propose(
            call.world,
            name=_checked_name(name),
            **_recurring(line_items),
            trial_days=_checked_days(trial_days),
            test=bool(test),
            return_url=return_url,
        )
        base = call.world.admin_state.get("url", f"https://{call.world.shop.domain}")
        url = f"{base}/admin/charges/{made.id}/confirm"
        return {"app_subscription": made, "confirmation_url": url}

    return answer({"app_subscription": None, "confirmation_url": None}, act)


def _recurring(line_items: list[dict[str, Any]]) -> dict[str, Any]:
    """The one price of the plan; usage and discounts are not served here."""
    if len(line_items) != 1 or line_items[0]["plan"].get("app_usage_pricing_details"):
        raise not_served("appSubscriptionCreate with usage pricing")
    details = line_items[0]["plan"].get("app_recurring_pricing_details")
    if details is None:
        raise Refused("Plan must have pricing details", code="", field=("lineItems",))
    if details.get("discount"):
        raise not_served("AppRecurringPricingInput.discount")
    amount = Decimal(str(details["price"]["amount"]))
    if amount <= 0:
        raise Refused("Price must be greater than 0", code="", field=("lineItems",))
    return {
        "price": int(amount * 100),
        "currency": details["price"]["currency_code"],
        "interval": details.get("interval") or "EVERY_30_DAYS",
    }


def _checked_name(name: str) -> str:
    if not name.strip():
        raise Refused("Name can't be blank", code="", field=("name",))
    return name


def _checked_days(days: int | None) -> int:
    if days is not None and not 0 <= days <= 1000:
        raise Refused("Trial days must be between 0 and 1000", code="", field=("trialDays",))
    return days or 0


def _cancel(
    info: GraphQLResolveInfo[Any], call: Call, id: str, prorate: bool | None = False
) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        found = charges.find(call.world, number_of(id, "AppSubscription") or 0)
        if found is None or found.status != "ACTIVE":
            raise Refused("Couldn't find RecurringApplicationCharge", code="", field=("id",))
        charges.cancel(call.world, found)
        return {"app_subscription": found}

    return answer({"app_subscription": None}, act)


CHARGING: dict[str, Callable[..., Payload]] = {
    "app_subscription_cancel": _cancel,
    "app_subscription_create": _propose,
}
