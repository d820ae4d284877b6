"""The pages of the sample app: the merchant's home, the counter, the shopper's pickup."""

from __future__ import annotations

from flask import Blueprint, Flask

from handcart.shops.billing import TrialOver
from handcart.web import handcart
from handcart.web.embedded import app_bridge_url

from . import (
    carts,
    counter,
    deliveries,
    home,
    household,
    language,
    picking,
    plan,
    printing,
    privacy,
    report,
    shopper,
    staff,
    stock,
    stock_rules,
    stock_transfers,
    stores,
    watch_link,
    watches,
)
from .addresses import merchant_url

# Templates and files of every page; "/static" belongs to the SDK's storefront script.
_shared = Blueprint(
    "example_app",
    __name__,
    template_folder="../templates",
    static_folder="../static",
    static_url_path="/assets",
)


def register(flask_app: Flask) -> None:
    """Every page answers, in the language of whoever looks."""
    language.speak(flask_app)
    flask_app.jinja_env.globals.update(
        api_key=lambda: handcart().settings.api_key,
        app_bridge_url=app_bridge_url,
        access=plan.access,
        merchant_url=merchant_url,
    )
    flask_app.register_error_handler(TrialOver, plan.refuse)
    for blueprint in (
        _shared,
        home.blueprint,
        household.blueprint,
        carts.blueprint,
        counter.blueprint,
        deliveries.blueprint,
        picking.blueprint,
        printing.blueprint,
        plan.blueprint,
        privacy.blueprint,
        report.blueprint,
        shopper.blueprint,
        staff.blueprint,
        stock.blueprint,
        stock_rules.blueprint,
        stock_transfers.blueprint,
        stores.blueprint,
        watch_link.blueprint,
        watches.blueprint,
    ):
        flask_app.register_blueprint(blueprint)
