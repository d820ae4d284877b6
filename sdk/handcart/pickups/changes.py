"""What else an act changes of a pickup, beside its lines and its stage: fields by their names."""

from __future__ import annotations

from collections.abc import Mapping

from .how import How
from .model import Pickup

Fields = Mapping[str, object]


def kept_until(pickup: Pickup, how: How) -> Fields:
    """The time to collect starts with the first goods that lie at the counter."""
    return {} if pickup.expires_at else {"expires_at": how.until or how.at + how.policy.keeps}


def kept_anew(pickup: Pickup, how: How) -> Fields:
    """What lies at the counter already has waited for the rest, and is kept for as long as that."""
    if not pickup.expires_at:
        return {}
    return {"expires_at": max(pickup.expires_at, how.until or how.at + how.policy.keeps)}


def longer(pickup: Pickup, how: How) -> Fields:
    start = max(pickup.expires_at or how.at, how.at)
    until = how.until or start + how.policy.extends
    return {"expires_at": until, "extensions": pickup.extensions + 1}


def unpromised(pickup: Pickup, how: How) -> Fields:
    """Nobody knows yet when it will be there."""
    return {"promised_at": None}


def promised(pickup: Pickup, how: How) -> Fields:
    return {"promised_at": how.until}


def arrival(pickup: Pickup, how: How) -> Fields:
    note = how.note if how.note is not None else pickup.arrival
    return {"arrival": note, "came_at": how.at}


def bay(pickup: Pickup, how: How) -> Fields:
    return {"bay": how.note or ""}


def there(pickup: Pickup, how: How) -> Fields:
    # The new store sees it for the first time, and has the same time to do so.
    return {
        "location_id": how.location_id,
        "bay": "",
        "arrival": "",
        "came_at": None,
        "expires_at": None,
        "promised_at": None,
        "escalates_at": how.until or how.at + how.policy.unseen,
    }
