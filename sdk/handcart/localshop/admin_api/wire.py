"""Errors as the platform words them, with the codes that clients look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLError, Node

_DOCS = "https://shopify.dev/api/usage"


def bad_request(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})


def invalid_id(text: str) -> GraphQLError:
    return GraphQLError(f"Invalid global id '{text}'", extensions={"code": "INVALID_ID"})


def not_served(what: str) -> GraphQLError:
    """The platform would do it; the local platform says that it does not."""
    return GraphQLError(
        f"{what} is not served by the local platform.", extensions={"code": "NOT_SERVED"}
    )


def access_denied(field: str, scopes: Sequence[str]) -> GraphQLError:
    needed = " or ".join(f"`{scope}`" for scope in scopes) + " access scope."
    return GraphQLError(
        f"Access denied for {field} field. Required access: {needed}",
        extensions={
            "code": "ACCESS_DENIED",
            "documentation": f"{_DOCS}/access-scopes",
            "requiredAccess": needed,
        },
    )


def undefined_field(
    type_name: str, field: str, *, nodes: Iterable[Node], path: list[str | int]
) -> GraphQLError:
    """Unknown here; when the real platform has it, the message says that it is not served."""
    message = f"Field '{field}' doesn't exist on type '{type_name}'"
    if field in _unserved().get(type_name, ()):
        message = (
            f"Field '{field}' exists on type '{type_name}', but is not served by the local platform"
        )
    return GraphQLError(
        message,
        list(nodes),
        path=path,
        extensions={"code": "undefinedField", "typeName": type_name, "fieldName": field},
    )


def unknown_argument(
    type_name: str, field: str, argument: str, *, nodes: Iterable[Node], path: list[str | int]
) -> GraphQLError:
    return GraphQLError(
        f"Field '{field}' doesn't accept argument '{argument}', "
        "or it is not served by the local platform",
        list(nodes),
        path=path,
        extensions={
            "code": "argumentNotAccepted",
            "name": field,
            "typeName": type_name,
            "argumentName": argument,
        },
    )


def throttled() -> dict[str, Any]:
    return {
        "message": "Throttled",
        "extensions": {"code": "THROTTLED", "documentation": f"{_DOCS}/rate-limits"},
    }


def too_costly(cost: int, limit: int) -> dict[str, Any]:
    return {
        "message": f"Query cost is {cost}, which exceeds the single query max cost limit "
        f"({limit}).",
        "extensions": {
            "code": "MAX_COST_EXCEEDED",
            "cost": cost,
            "maxCost": limit,
            "documentation": f"{_DOCS}/rate-limits",
        },
    }


@cache
def _unserved() -> dict[str, frozenset[str]]:
    """Type to the names of its real fields that are not served here."""
    text = (Path(__file__).parent / "unserved.txt").read_text(encoding="utf-8")
    rows = (line.partition(": ") for line in text.splitlines())
    return {name: frozenset(fields.split()) for name, _, fields in rows}
