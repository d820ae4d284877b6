"""``@idempotent(key:)``: shopify.dev, "Idempotent requests".

A key is remembered for 24 hours per app and mutation. Asking again with the same arguments gives
the first answer without doing it again; with others, or after a failure, it is an error.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from graphql import GraphQLResolveInfo, get_directive_values

from ..refusals import Refused
from .call import Call
from .wire import bad_request, not_served

KEPT = timedelta(hours=24)


def key_of(info: GraphQLResolveInfo[Any]) -> str | None:
    """The key given to this mutation field, if any."""
    directive = info.schema.get_directive("idempotent")
    assert directive is not None
    values = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    return None if values is None else str(values["key"])


def refuse_key(info: GraphQLResolveInfo[Any]) -> None:
    """A key where it would have no effect here must not be taken for protection."""
    if key_of(info) is not None:
        raise not_served(f"@idempotent on {info.field_name}")


def once(
    info: GraphQLResolveInfo[Any], call: Call, arguments: dict[str, Any], act: Callable[[], Any]
) -> Any:
    """``act()`` for a new key, the remembered outcome for a known one; no key is an error."""
    key = key_of(info)
    if not key:
        raise bad_request(
            "The @idempotent directive is required for this mutation but was not provided."
        )
    place = (call.client_id, info.field_name, key)
    print_of = json.dumps(arguments, sort_keys=True, default=str)
    kept = call.world.admin_state.setdefault("idempotent", {})
    if place in kept and call.at < kept[place][0] + KEPT:
        return _again(kept[place], print_of)
    try:
        outcome = act()
    except Refused:
        kept[place] = (call.at, print_of, None)
        raise
    kept[place] = (call.at, print_of, outcome)
    return outcome


def _again(entry: tuple[Any, str, Any], print_of: str) -> Any:
    _, before, outcome = entry
    if before != print_of:
        raise Refused(
            "The same idempotency key cannot be used with different operation parameters.",
            code="IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
        )
    if outcome is None:
        raise Refused(
            "A previous request with this idempotency key failed. "
            "Retry with a new idempotency key.",
            code="IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
        )
    return outcome
