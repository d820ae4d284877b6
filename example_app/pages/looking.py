"""What a merchant page knows before it starts: the shop, the time, the zone."""

from __future__ import annotations

from flask import g

from handcart import Shop
from handcart.shops.service import shop_of
from handcart.web import handcart


def look(domain: str) -> Shop:
    """The shop; ``g.now`` and ``g.time_zone`` are set for everything that formats times."""
    app = handcart()
    g.now = app.clock()
    with app.db.reading() as view:
        shop = shop_of(view, domain)
    g.time_zone = shop.time_zone
    return shop
