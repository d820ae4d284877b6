"""How the app's own installation and subscriptions answer."""

from __future__ import annotations

from typing import Any

from ....platform.shopify.topics import topic_enum
from ...gids import gid
from ...world import Grant
from ..call import Call
from .readers import Reader, always, identified, text

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


INSTALLATION: dict[str, Reader] = {
    "id": always(gid("AppInstallation", 1)),
    "access_scopes": lambda grant, call: [
        {"handle": scope, "description": scope.replace("_", " ")} for scope in grant.scopes
    ],
    "app": _app,
}
