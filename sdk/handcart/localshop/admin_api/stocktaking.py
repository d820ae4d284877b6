"""The mutations that set and adjust stock, each of which needs ``@idempotent(key:)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from .. import inventory
from ..refusals import Refused
from .answers import Payload, answer
from .call import Call
from .idempotency import once
from .lists import number_of
from .things.views import item_of
from .wire import bad_request, not_served

REASONS = frozenset(
    (
        "correction",
        "cycle_count_available",
        "damaged",
        "movement_canceled",
        "movement_created",
        "movement_received",
        "movement_updated",
        "other",
        "promotion",
        "quality_control",
        "received",
        "reservation_created",
        "reservation_deleted",
        "reservation_updated",
        "restock",
        "safety_stock",
        "shrinkage",
    )
)


def _set_quantities(info: GraphQLResolveInfo[Any], call: Call, input: dict[str, Any]) -> Payload:
    """All of them or none: everything is checked before anything is changed."""
    _need_compare(input["quantities"], "InventoryQuantityInput")

    def change() -> list[Payload]:
        _refuse_name(input["name"], ("available", "on_hand"), code="INVALID_NAME")
        changes = []
        for place, each in enumerate(input["quantities"]):
            where = ("input", "quantities", str(place))
            key = _level_key(call, each, where)
            _refuse_range(each["quantity"], where=(*where, "quantity"))
            _refuse_stale(call, each, key, name=input["name"], where=where)
            level = call.world.levels[key]
            now = level.on_hand if input["name"] == "on_hand" else level.available
            changes.append((key, each["quantity"] - now))
        return _change(call, changes)

    return _grouped(info, call, input, change)


def _adjust_quantities(info: GraphQLResolveInfo[Any], call: Call, input: dict[str, Any]) -> Payload:
    """Only ``available`` is adjusted here; the other states have no behaviour yet."""
    _need_compare(input["changes"], "InventoryChangeInput")
    if input["name"] != "available":
        raise not_served(f"Adjusting the quantity '{input['name']}'")

    def change() -> list[Payload]:
        changes = []
        for place, each in enumerate(input["changes"]):
            where = ("input", "changes", str(place))
            if each.get("ledger_document_uri"):
                raise Refused(
                    "A ledger document URI is not allowed when adjusting available.",
                    code="INVALID_AVAILABLE_DOCUMENT",
                    field=(*where, "ledgerDocumentUri"),
                )
            key = _level_key(call, each, where)
            _refuse_stale(call, each, key, name="available", where=where)
            changes.append((key, each["delta"]))
        return _change(call, changes)

    return _grouped(info, call, input, change)


def _grouped(
    info: GraphQLResolveInfo[Any],
    call: Call,
    input: dict[str, Any],
    change: Callable[[], list[Payload]],
) -> Payload:
    def act() -> Payload:
        if input["reason"] not in REASONS:
            raise Refused(
                "The specified reason is invalid.",
                code="INVALID_REASON",
                field=("input", "reason"),
            )
        return {
            "inventory_adjustment_group": {
                "id": f"gid://shopify/InventoryAdjustmentGroup/{call.world.new_uuid('group')}",
                "created_at": call.at,
                "reason": input["reason"],
                "reference_document_uri": input.get("reference_document_uri"),
                "changes": change(),
            }
        }

    return answer({"inventory_adjustment_group": None}, lambda: once(info, call, input, act))


def _change(call: Call, changes: list[tuple[tuple[int, int], int]]) -> list[Payload]:
    """Change what is available; what is on hand changes with it."""
    done = []
    with call.world.action():
        for (item_id, location_id), delta in changes:
            level = inventory.adjust(call.world, item_id, location_id, delta)
            for name in ("available", "on_hand"):
                done.append(
                    {
                        "name": name,
                        "delta": delta,
                        "item": item_of(call, item_id),
                        "location": call.world.locations[location_id],
                        "ledger_document_uri": None,
                        "quantity_after_change": getattr(level, name),
                    }
                )
    return done


def _need_compare(rows: list[dict[str, Any]], kind: str) -> None:
    """Since 2026-04 ``changeFromQuantity`` has to be written, if only as null."""
    if any("change_from_quantity" not in row for row in rows):
        raise bad_request(f"{kind} must include the following argument: changeFromQuantity.")


def _level_key(call: Call, row: dict[str, Any], where: tuple[str, ...]) -> tuple[int, int]:
    item = number_of(row["inventory_item_id"], "InventoryItem")
    if item is None or item_of(call, item) is None:
        raise Refused(
            "The specified inventory item could not be found.",
            code="INVALID_INVENTORY_ITEM",
            field=(*where, "inventoryItemId"),
        )
    place = number_of(row["location_id"], "Location")
    if place is None or (item, place) not in call.world.levels:
        raise Refused(
            "The specified location could not be found.",
            code="INVALID_LOCATION",
            field=(*where, "locationId"),
        )
    return item, place


def _refuse_name(name: str, allowed: tuple[str, ...], *, code: str) -> None:
    if name not in allowed:
        raise Refused(
            "The quantity name must be either 'available' or 'on_hand'.",
            code=code,
            field=("input", "name"),
        )


def _refuse_range(quantity: int, *, where: tuple[str, ...]) -> None:
    if quantity < 0:
        raise Refused(
            "The quantity can't be negative.", code="INVALID_QUANTITY_NEGATIVE", field=where
        )
    if quantity > 1_000_000_000:
        raise Refused(
            "The total quantity can't be higher than 1,000,000,000.",
            code="INVALID_QUANTITY_TOO_HIGH",
            field=where,
        )


def _refuse_stale(
    call: Call,
    row: dict[str, Any],
    key: tuple[int, int],
    *,
    name: str,
    where: tuple[str, ...],
) -> None:
    level = call.world.levels[key]
    now = level.on_hand if name == "on_hand" else level.available
    if row["change_from_quantity"] not in (None, now):
        raise Refused(
            "The changeFromQuantity argument no longer matches the persisted quantity.",
            code="CHANGE_FROM_QUANTITY_STALE",
            field=(*where, "changeFromQuantity"),
        )


STOCKTAKING: dict[str, Callable[..., Payload]] = {
    "inventory_adjust_quantities": _adjust_quantities,
    "inventory_set_quantities": _set_quantities,
}
