"""``app_subscriptions/update``: what the shop pays for, as of when."""

from __future__ import annotations

from msgspec.json import Decoder

from handcart.shops.billing import PlanNews

from .decoding import Moment, Record, Text, decoded


class _Subscription(Record):
    admin_graphql_api_id: Text
    name: Text
    status: Text
    updated_at: Moment


class _Update(Record):
    app_subscription: _Subscription


_DECODER = Decoder(_Update)


def parse_plan(body: bytes) -> PlanNews:
    update: _Update = decoded(_DECODER, body)
    told = update.app_subscription
    return PlanNews(
        subscription_id=told.admin_graphql_api_id[:64],
        plan=told.name,
        status=told.status.lower()[:16],
        updated_at=told.updated_at,
    )
