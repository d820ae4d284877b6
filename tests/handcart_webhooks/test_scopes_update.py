from __future__ import annotations

from datetime import timedelta

from handcart import Handcart
from handcart.shops import service

from .conftest import SHOP, Client, Clock
from .draining import drain


def scopes(app: Handcart) -> frozenset[str]:
    with app.db.reading() as view:
        return service.scopes_of(view, SHOP)


def test_what_the_shop_grants_is_known_from_its_news_and_older_news_is_none(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    newer = clock() + timedelta(minutes=2)
    older = clock() + timedelta(minutes=1)
    granted = {"current": ["write_products"], "previous": [], "updated_at": newer.isoformat()}
    client.post("app/scopes_update", granted, Webhook_Id="s1")
    late = {"current": ["read_themes"], "previous": [], "updated_at": older.isoformat()}
    client.post("app/scopes_update", late, Webhook_Id="s2")
    drain(installed)
    assert scopes(installed) == {"read_products", "write_products"}
