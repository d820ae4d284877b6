"""What stands around every page of the storefront: the values of its layout and of Liquid."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from ..site import here
from ..world import Order, Product
from . import session, theme
from .cart_json import cart_json, product_json
from .web_pixels import running


def page(name: str, kind: str, /, **values: Any) -> str:
    """``storefront/<name>.html`` with the app's blocks for a page of this ``kind``."""
    shop = here()
    with shop.world.lock:
        cart = session.cart()
        count = sum(line.quantity for line in cart.lines) if cart else 0
        theme.language.set(session.language())
        blocks = _blocks(kind, values.get("product"))
        return render_template(
            f"storefront/{name}.html",
            shop=shop.world.shop,
            customer=session.customer(),
            count=count,
            kind=kind,
            blocks=blocks,
            language=session.language(),
            web_pixels={"kind": kind, "sold": bool(values.get("sold")), "pixels": running()},
            **values,
        )


def _blocks(kind: str, product: Product | None) -> dict[str, Any]:
    """Nothing of the app is shown before it is installed."""
    shop = here()
    if shop.app.client_id not in shop.world.grants:
        return {"head": "", "section": "", "body": ""}
    values = liquid_values(kind, product)
    return {each: shop.theme.render(each, kind, values) for each in ("head", "section", "body")}


def liquid_values(kind: str, product: Product | None = None) -> dict[str, Any]:
    """The part of the online store's Liquid objects that is served here."""
    world, customer, cart = here().world, session.customer(), session.cart()
    return {
        "shop": {
            "id": world.shop.id,
            "name": world.shop.name,
            "domain": request.host,
            "permanent_domain": world.shop.domain,
            "url": here().url,
            "currency": world.shop.currency,
        },
        "customer": customer
        and {
            "id": customer.id,
            "email": customer.email,
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "name": customer.name,
        },
        "cart": cart_json(world, cart) if cart else {"item_count": 0, "items": []},
        "product": product_json(world, product) if product else None,
        "request": {
            "host": request.host,
            "path": request.path,
            "page_type": kind,
            "design_mode": False,
            "locale": {"iso_code": session.language(), "primary": True, "root_url": "/"},
        },
        "localization": {
            "language": {"iso_code": session.language()},
            "country": {"iso_code": world.shop.country_code},
        },
        "routes": {"root_url": "/", "cart_url": "/cart", "account_login_url": "/account/login"},
        "template": {"name": kind},
    }


def pickup_of(order: Order) -> Any:
    """The location that keeps the order for the shopper, or None."""
    world = here().world
    for each in world.fulfillment_orders_of(order.id):
        if each.method == "PICK_UP":
            return world.locations[each.location_id]
    return None
