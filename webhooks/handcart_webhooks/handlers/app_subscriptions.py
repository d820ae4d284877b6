"""What a shop pays for."""

from __future__ import annotations

from handcart.shops import billing

from ..payloads.app_subscriptions import parse_plan
from .handler import Effect, Handler, each


def plan_changed(effect: Effect, news: billing.PlanNews) -> None:
    """The shop's plan is known, unless something newer is."""
    billing.plan_told(effect.work, effect.shop, news, at=effect.at)


HANDLERS = [Handler("app_subscriptions/update", parse_plan, each(plan_changed), alone=True)]
