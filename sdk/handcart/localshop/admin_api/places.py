"""The mutations that set up locations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from .. import metafields as kept
from ..gids import gid
from ..refusals import Refused
from ..world import Location
from .answers import Payload, answer
from .call import Call
from .idempotency import refuse_key
from .lists import number_of
from .things.locations import pickup_settings
from .wire import not_served


def _enable_pickup(
    info: GraphQLResolveInfo[Any], call: Call, local_pickup_settings: dict[str, Any]
) -> Payload:
    refuse_key(info)
    given = local_pickup_settings

    def act() -> Payload:
        location = _active(call, given["location_id"], ("localPickupSettings", "locationId"))
        if given["pickup_time"] == "CUSTOM":
            raise Refused(
                "Custom pickup time is not allowed for local pickup settings.",
                code="CUSTOM_PICKUP_TIME_NOT_ALLOWED",
                field=("localPickupSettings", "pickupTime"),
            )
        with call.world.action():
            location.pickup_time = given["pickup_time"]
            location.pickup_instructions = given.get("instructions") or ""
            location.updated_at = call.world.stamp(location.updated_at)
        return {"local_pickup_settings": pickup_settings(location, call)}

    return answer({"local_pickup_settings": None}, act)


def _disable_pickup(info: GraphQLResolveInfo[Any], call: Call, location_id: str) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        location = _active(call, location_id, ("locationId",))
        with call.world.action():
            location.pickup_time = None
            location.updated_at = call.world.stamp(location.updated_at)
        return {"location_id": gid("Location", location.id)}

    return answer({"location_id": None}, act)


def _active(call: Call, text: str, field: tuple[str, ...]) -> Location:
    location = call.world.locations.get(number_of(text, "Location") or 0)
    if location is None or not location.active:
        raise Refused(
            "Provided locationId is not for an active location belonging to this store.",
            code="ACTIVE_LOCATION_NOT_FOUND",
            field=field,
        )
    return location


def _set_metafields(
    info: GraphQLResolveInfo[Any], call: Call, metafields: list[dict[str, Any]]
) -> Payload:
    """Of locations only; all of them or none."""
    refuse_key(info)

    def act() -> Payload:
        ready = [_metafield(call, place, each) for place, each in enumerate(metafields)]
        return {"metafields": [put() for put in ready]}

    return answer({"metafields": None}, act)


def _metafield(call: Call, place: int, given: dict[str, Any]) -> Callable[[], Any]:
    where = ("metafields", str(place))
    number = number_of(given["owner_id"], "Location")
    if number is None:
        raise not_served("metafieldsSet for anything but locations")
    location = call.world.locations.get(number)
    if location is None:
        raise Refused("Owner does not exist.", code="INVALID", field=(*where, "ownerId"))
    if not given["value"]:
        raise Refused("may not be empty", code="BLANK", field=(*where, "value"))
    if given.get("compare_digest"):
        raise not_served("compareDigest")
    namespace = given.get("namespace") or f"app--{call.client_id}"
    return lambda: kept.put(
        call.world,
        location,
        namespace,
        given["key"],
        type_=given.get("type") or "single_line_text_field",
        value=given["value"],
    )


PLACES: dict[str, Callable[..., Payload]] = {
    "location_local_pickup_disable": _disable_pickup,
    "location_local_pickup_enable": _enable_pickup,
    "metafields_set": _set_metafields,
}
