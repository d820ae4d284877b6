"""How the app's own installation and subscriptions answer."""

from __future__ import annotations

from typing import Any

from ....platform.shopify.topics import topic_enum
from ... import charges
from ...gids import gid
from ...world import Grant
from ..call import Call
from .readers import Reader, always, identified, number, text

SUBSCRIPTION: dict[str, Reader] = {
    **identified("WebhookSubscription"),
    "api_version": lambda subscription, call: {
        "display_name": call.version,
        "handle": call.version,
        "supported": True,
    },
    "filter": text("filter"),
    "topic": lambda subscription, call: topic_enum(subscription.topic),
}


def _app(grant: Grant, call: Call) -> dict[str, Any]:
    app = call.world.app
    return {
        "id": gid("App", 1),
        "api_key": grant.client_id,
        "handle": app.handle if app else None,
        "title": app.name if app else grant.client_id,
    }


PIXEL: dict[str, Reader] = {"id": number("WebPixel")}

CHARGE: dict[str, Reader] = identified("AppSubscription")

BULK_OPERATION: dict[str, Reader] = {
    **identified("BulkOperation"),
    "url": lambda bulk, call: (
        f"{call.world.admin_state.get('url', '')}/_local/bulk/{bulk.id}.jsonl"
        if bulk.status == "COMPLETED" and bulk.object_count
        else None
    ),
}

INSTALLATION: dict[str, Reader] = {
    "active_subscriptions": lambda grant, call: charges.active(call.world),
    "id": always(gid("AppInstallation", 1)),
    "access_scopes": lambda grant, call: [
        {"handle": scope, "description": scope.replace("_", " ")} for scope in grant.scopes
    ],
    "app": _app,
}
