"""What the merchant pays the app: subscriptions from proposal to end (shopify.dev, Billing API).

At most one is active: agreeing to another cancels the one before it. Nobody is ever charged here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .gids import gid
from .money import decimal_string
from .payloads import utc_time
from .world import World

_PERIOD = {"EVERY_30_DAYS": timedelta(days=30), "ANNUAL": timedelta(days=365)}


@dataclass(slots=True)
class Charge:
    """One AppSubscription; ``price`` in minor units for each ``interval``."""

    id: int
    name: str
    price: int
    currency: str
    interval: str
    trial_days: int
    test: bool
    return_url: str
    created_at: datetime
    updated_at: datetime
    status: str = "PENDING"
    current_period_end: datetime | None = None


def _all(world: World) -> dict[int, Charge]:
    kept: dict[int, Charge] = world.admin_state.setdefault("charges", {})
    return kept


def find(world: World, number: int) -> Charge | None:
    return _all(world).get(number)


def active(world: World) -> list[Charge]:
    return [one for one in _all(world).values() if one.status == "ACTIVE"]


def propose(
    world: World,
    *,
    name: str,
    price: int,
    currency: str,
    interval: str,
    trial_days: int,
    test: bool,
    return_url: str,
) -> Charge:
    """A charge that waits for the merchant's word."""
    with world.action() as at:
        number = len(_all(world)) + 1
        made = Charge(number, name, price, currency, interval, trial_days, test, return_url, at, at)
        _all(world)[number] = made
        return made


def settle(world: World, charge: Charge, *, agreed: bool) -> Charge:
    """The merchant has answered; the app is told, of one that ends for it, too."""
    with world.action() as at:
        if agreed:
            for other in active(world):
                _become(world, other, "CANCELLED")
            free = timedelta(days=charge.trial_days)
            charge.current_period_end = at + free + _PERIOD[charge.interval]
        _become(world, charge, "ACTIVE" if agreed else "DECLINED")
        return charge


def cancel(world: World, charge: Charge) -> None:
    with world.action():
        _become(world, charge, "CANCELLED")


def _become(world: World, charge: Charge, status: str) -> None:
    charge.status = status
    charge.updated_at = world.stamp(charge.updated_at)
    world.emit("app_subscriptions/update", _payload(world, charge))


def _payload(world: World, charge: Charge) -> dict[str, Any]:
    return {
        "app_subscription": {
            "admin_graphql_api_id": gid("AppSubscription", charge.id),
            "name": charge.name,
            "status": charge.status,
            "admin_graphql_api_shop_id": gid("Shop", world.shop.id),
            "created_at": utc_time(charge.created_at),
            "updated_at": utc_time(charge.updated_at),
            "currency": charge.currency,
            "capped_amount": None,
            "price": decimal_string(charge.price),
            "interval": charge.interval.lower(),
            "plan_handle": None,
        }
    }
