"""The app's own life in a shop."""

from __future__ import annotations

from handcart.errors import BadInput
from handcart.shops import service as shops

from ..payloads.app import Granting, Leaving, parse_granting, parse_leaving
from .handler import Effect, Handler, each


def app_uninstalled(effect: Effect, leaving: Leaving) -> None:
    """The shop's tokens are gone, unless it has installed the app again since."""
    if leaving.shop_domain not in (None, effect.shop):
        raise BadInput("shop_mismatch", "the body names another shop than the headers")
    happened_at = effect.delivery.triggered_at or effect.delivery.received_at
    shops.uninstalled(effect.work, effect.shop, happened_at=happened_at, at=effect.at)


def scopes_changed(effect: Effect, granting: Granting) -> None:
    """What the shop grants is known, unless something newer is."""
    delivery = effect.delivery
    shops.scopes_changed(
        effect.work,
        effect.shop,
        scopes=granting.scopes,
        happened_at=granting.updated_at or delivery.triggered_at or delivery.received_at,
        at=effect.at,
    )


HANDLERS = [
    Handler(
        "app/uninstalled", parse_leaving, each(app_uninstalled), after_uninstall=True, alone=True
    ),
    Handler("app/scopes_update", parse_granting, each(scopes_changed), alone=True),
]
