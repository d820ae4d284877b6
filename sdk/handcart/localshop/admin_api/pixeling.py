"""The mutations that switch an app's web pixel on, change its settings, and switch it off."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from .. import pixels
from ..config import AppConfig
from ..gids import gid
from ..pixels import Pixel
from ..refusals import Refused
from .answers import Payload, answer
from .call import Call
from .idempotency import refuse_key
from .lists import number_of
from .wire import access_denied


def pixel_of(root: Any, call: Call, id: str | None = None) -> Pixel | None:
    """The app's own pixel, with or without its id."""
    found = pixels.held(call.world, call.client_id)
    if id is not None and (found is None or number_of(id, "WebPixel") != found.id):
        return None
    return found


def _create(info: GraphQLResolveInfo[Any], call: Call, web_pixel: dict[str, Any]) -> Payload:
    refuse_key(info)
    _may_hear_events(call, "webPixelCreate")

    def act() -> Payload:
        if pixels.held(call.world, call.client_id):
            raise Refused("Web pixel is already taken.", code="TAKEN", field=())
        settings = _checked(call, web_pixel["settings"])
        return {"web_pixel": pixels.put(call.world, call.client_id, settings)}

    return answer({"web_pixel": None}, act)


def _update(
    info: GraphQLResolveInfo[Any], call: Call, id: str, web_pixel: dict[str, Any]
) -> Payload:
    refuse_key(info)
    _may_hear_events(call, "webPixelUpdate")

    def act() -> Payload:
        _own(call, id)
        settings = _checked(call, web_pixel["settings"])
        return {"web_pixel": pixels.put(call.world, call.client_id, settings)}

    return answer({"web_pixel": None}, act)


def _delete(info: GraphQLResolveInfo[Any], call: Call, id: str) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        found = _own(call, id)
        pixels.remove(call.world, call.client_id)
        return {"deleted_web_pixel_id": gid("WebPixel", found.id)}

    return answer({"deleted_web_pixel_id": None}, act)


def _may_hear_events(call: Call, field: str) -> None:
    for scope in pixels.SCOPES:
        if not call.may((scope,)):
            raise access_denied(field, (scope,))


def _own(call: Call, id: str) -> Pixel:
    found = pixel_of(None, call, id)
    if found is None:
        raise Refused("Web pixel does not exist.", code="NOT_FOUND", field=("id",))
    return found


def _checked(call: Call, settings: Any) -> dict[str, str]:
    """The settings as the extension's own file defines them; JSON in a text is JSON, too."""
    app = call.world.app
    extension = app.pixel if isinstance(app, AppConfig) else None
    if extension is None:
        raise Refused("The app has no web pixel extension.", code="NO_EXTENSION", field=())
    field = ("settings",)
    try:
        given = json.loads(settings) if isinstance(settings, str) else settings
    except ValueError:
        code = "INVALID_CONFIGURATION_JSON"
        raise Refused("Settings are no JSON.", code=code, field=field) from None
    if not isinstance(given, dict) or set(given) != set(extension.fields):
        told = ", ".join(extension.fields)
        raise Refused(f"Settings must be {told}.", code="INVALID_SETTINGS", field=field)
    if not all(isinstance(value, str) and value for value in given.values()):
        raise Refused("Settings must be text.", code="INVALID_SETTINGS", field=field)
    return given


PIXELING: dict[str, Callable[..., Payload]] = {
    "web_pixel_create": _create,
    "web_pixel_delete": _delete,
    "web_pixel_update": _update,
}
