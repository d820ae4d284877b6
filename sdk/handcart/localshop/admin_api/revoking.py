"""The mutation by which an app gives back scopes that it no longer needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from .. import tokens
from ..refusals import Refused
from .answers import Payload, answer
from .call import Call, implied
from .idempotency import refuse_key


def _revoke(info: GraphQLResolveInfo[Any], call: Call, scopes: list[str]) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        for scope in scopes:
            _check(call, scope)
        tokens.revoke_scopes(call.world, call.client_id, scopes)
        return {
            "revoked": [
                {"handle": scope, "description": scope.replace("_", " ")} for scope in scopes
            ]
        }

    return answer({"revoked": None}, act)


def _check(call: Call, scope: str) -> None:
    """Only what the app declares as optional, and holds by its own name, can be given back."""
    app, granted = call.world.app, call.world.grants[call.client_id].scopes
    if app is not None and scope in implied(app.scopes):
        raise _refused(scope, "is required", "CANNOT_REVOKE_REQUIRED_SCOPES")
    if scope not in implied(granted):
        raise _refused(scope, "is not granted", "UNKNOWN_SCOPES")
    if scope not in granted:
        raise _refused(scope, "is implied by another", "CANNOT_REVOKE_IMPLIED_SCOPES")
    if app is None or scope not in app.optional_scopes:
        raise _refused(scope, "is not declared", "CANNOT_REVOKE_UNDECLARED_SCOPES")


def _refused(scope: str, why: str, code: str) -> Refused:
    return Refused(f"The scope {scope} {why}", code=code, field=("scopes",))


REVOKING: dict[str, Callable[..., Payload]] = {"app_revoke_access_scopes": _revoke}
