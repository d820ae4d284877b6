"""Reading and changing the subscriptions of one shop, by its Admin API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import UserErrors
from ..platform.port import Admin
from ..platform.shopify.documents import document
from ..platform.shopify.paging import pages
from ..platform.shopify.topics import topic_enum, topic_name
from .model import Change, Held, Wanted, plan


def held_by(admin: Admin) -> list[Held]:
    """Every subscription that this app has in the shop, whoever made it."""
    found = pages(admin, document("subscriptions"), ("webhookSubscriptions",))
    return [_held(node) for node in found]


def plan_for(admin: Admin, wanted: Iterable[Wanted]) -> tuple[Change, ...]:
    return plan(wanted, held_by(admin))


def carry_out(admin: Admin, change: Change) -> None:
    """The change is made; to make it again changes nothing.

    Raises UserErrors when the platform refuses it, and what ``Admin.execute`` does.
    """
    if change.kind == "create" and change.wanted:
        _create(admin, change.wanted)
    elif change.kind == "update" and change.wanted and change.held:
        _update(admin, change.wanted, change.held)
    elif change.kind == "delete" and change.held:
        _delete(admin, change.held)


def _create(admin: Admin, wanted: Wanted) -> None:
    variables = {"topic": topic_enum(wanted.topic), "wanted": _input(wanted)}
    try:
        admin.execute(document("subscription_create"), variables)
    except UserErrors:
        # The answer to an earlier try may have been lost: then it is there, and ours.
        if not any(one.name == wanted.name for one in held_by(admin)):
            raise


def _update(admin: Admin, wanted: Wanted, held: Held) -> None:
    if held.topic != wanted.topic:
        _delete(admin, held)
        _create(admin, wanted)
        return
    admin.execute(document("subscription_update"), {"id": held.id, "wanted": _input(wanted)})


def _delete(admin: Admin, held: Held) -> None:
    try:
        admin.execute(document("subscription_delete"), {"id": held.id})
    except UserErrors:
        if any(one.id == held.id for one in held_by(admin)):
            raise


def _input(wanted: Wanted) -> dict[str, Any]:
    return {
        "uri": wanted.uri,
        "name": wanted.name,
        "format": wanted.format,
        "filter": wanted.filter,
        "includeFields": list(wanted.include_fields),
    }


def _held(node: Mapping[str, Any]) -> Held:
    return Held(
        id=node["id"],
        name=node["name"] or "",
        topic=topic_name(node["topic"]),
        uri=node["uri"],
        filter=node["filter"] or "",
        include_fields=tuple(node["includeFields"]),
        format=node["format"],
    )
