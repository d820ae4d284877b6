"""What apps keep at a location, and the opening hours, which the platform has no field for.

A location's opening hours are its metafield ``handcart.opening_hours``, in OpenStreetMap's syntax;
here they are the location's own attribute, whichever way they are written.
"""

from __future__ import annotations

from .world import Location, Metafield, World

NAMESPACE = "handcart"
OPENING_HOURS = "opening_hours"


def of_location(world: World, location: Location) -> list[Metafield]:
    kept = [each for each in world.metafields.values() if each.location_id == location.id]
    hours = _opening_hours(location)
    return [hours, *kept] if hours else kept


def find(world: World, location: Location, namespace: str, key: str) -> Metafield | None:
    return next(
        (
            each
            for each in of_location(world, location)
            if (each.namespace, each.key) == (namespace, key)
        ),
        None,
    )


def put(
    world: World, location: Location, namespace: str, key: str, *, type_: str, value: str
) -> Metafield:
    """Set one value; setting the opening hours changes the location."""
    with world.action():
        if (namespace, key) == (NAMESPACE, OPENING_HOURS):
            location.opening_hours = value
            location.updated_at = world.stamp(location.updated_at)
            hours = _opening_hours(location)
            assert hours is not None or not value
            return hours or _new(world, location, namespace, key, type_=type_, value=value)
        known = world.metafields.get((location.id, namespace, key))
        if known is None:
            known = _new(world, location, namespace, key, type_=type_, value=value)
            world.metafields[location.id, namespace, key] = known
        known.type, known.value = type_, value
        known.updated_at = world.stamp(known.updated_at)
        return known


def _opening_hours(location: Location) -> Metafield | None:
    if not location.opening_hours:
        return None
    return Metafield(
        id=location.id,
        location_id=location.id,
        namespace=NAMESPACE,
        key=OPENING_HOURS,
        type="single_line_text_field",
        value=location.opening_hours,
        created_at=location.created_at,
        updated_at=location.updated_at,
    )


def _new(
    world: World, location: Location, namespace: str, key: str, *, type_: str, value: str
) -> Metafield:
    at = world.stamp()
    number = world.next_id("metafield")
    return Metafield(number, location.id, namespace, key, type_, value, at, at)
