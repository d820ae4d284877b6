from __future__ import annotations

from datetime import timedelta

from handcart import Handcart
from handcart.shops import billing

from .conftest import SHOP, Client, Clock
from .draining import drain


def test_what_the_shop_pays_for_is_known_from_its_news(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    def update(status: str, minutes: int) -> dict[str, object]:
        moment = (clock() + timedelta(minutes=minutes)).isoformat()
        told = {"admin_graphql_api_id": "gid://shopify/AppSubscription/1", "name": "Street"}
        return {"app_subscription": {**told, "status": status, "updated_at": moment}}

    client.post("app_subscriptions/update", update("ACTIVE", 2), Webhook_Id="p1")
    client.post("app_subscriptions/update", update("PENDING", 1), Webhook_Id="p2")
    drain(installed)
    with installed.db.reading() as view:
        access = billing.access_of(view, SHOP, at=clock() + timedelta(days=400))
    assert (access.standing, access.plan) == ("paid", "Street")
