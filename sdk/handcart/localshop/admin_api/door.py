"""One request to ``/admin/api/<version>/graphql.json``: token, bucket, rules, answer.

shopify.dev, "Status and error codes": business, scope, cost and throttling errors are HTTP 200;
401 is a bad token, 400 what cannot be read, and faults on demand may be anything.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    execute_sync,
    parse,
    validate,
    value_from_ast_untyped,
)

from ..tokens import find_access
from ..world import AccessToken, World
from .bucket import Bucket
from .call import Call, implied
from .cost import LIMIT, Meter
from .rules import RULES
from .schema import schema
from .wire import throttled, too_costly

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10", "2027-01", "unstable")
NEWEST = "2026-10"
_DATED = re.compile(r"20[0-9]{2}-(01|04|07|10)", re.ASCII)

Payload = dict[str, Any]
Answer = tuple[int, Payload, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """A readable request: one operation of ``document`` with its raw variables."""

    document: DocumentNode
    operation: OperationDefinitionNode
    operation_name: str | None
    variables: dict[str, Any]


def execute(world: World, *, token: str | None, body: object, version: str = NEWEST) -> Answer:
    """(status, JSON, headers) for one call; ``body`` is the parsed JSON, or bytes to parse.

    The whole call runs under the world's lock: a query sees one moment of the shop.
    """
    with world.lock:
        served = _served_version(version)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Shopify-API-Version": served or NEWEST,
            "x-request-id": str(uuid.uuid4()),
        }
        if served is None:
            return 404, {"errors": "Not Found"}, headers
        access = find_access(world, token or "")
        if access is None:
            return 401, {"errors": _BAD_TOKEN}, headers
        fault = world.admin_faults.popleft() if world.admin_faults else None
        if fault is not None and fault[0] == "status":
            return _status_fault(fault, headers)
        status, payload = _answer(world, access, body, served, fault is not None)
        return status, payload, headers


_BAD_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105


def _served_version(version: str) -> str | None:
    """Versions that are no longer served fall forward to the oldest that is."""
    if version in VERSIONS:
        return version
    return VERSIONS[0] if _DATED.fullmatch(version) and version < VERSIONS[0] else None


def _status_fault(fault: tuple[Any, ...], headers: dict[str, str]) -> Answer:
    _, code, more = fault
    text = {
        429: "Exceeded 40 calls per second for api client. "
        "Reduce request rates to resume uninterrupted service."
    }.get(code, "Internal Server Error")
    return code, {"errors": text}, {**headers, **more}


def _answer(
    world: World, access: AccessToken, body: object, version: str, throttle: bool
) -> tuple[int, Payload]:
    given = _read_body(body)
    if given is None:
        return 400, {"errors": {"query": "Required parameter missing or invalid"}}
    call = Call(world, access.client_id, implied(access.scopes), version, world.clock.now())
    try:
        request = _read_request(given)
    except GraphQLSyntaxError as error:
        return 200, {"errors": [error.formatted]}
    except GraphQLError as error:
        return 200, {"errors": [error.formatted]}
    if errors := validate(schema(), request.document, RULES):
        return 200, {"errors": [error.formatted for error in errors]}
    return 200, _metered(call, request, throttle)


def _read_body(body: object) -> Mapping[str, Any] | None:
    """The request's fields if it is a JSON object with a ``query`` text, else None."""
    if isinstance(body, bytes):
        try:
            body = json.loads(body)
        except ValueError:
            return None
    if not isinstance(body, Mapping) or not isinstance(body.get("query"), str):
        return None
    return body if isinstance(body.get("variables") or {}, Mapping) else None


def _read_request(body: Mapping[str, Any]) -> Request:
    document = parse(body["query"])
    name = body.get("operationName")
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    chosen = [one for one in operations if name is None or (one.name and one.name.value == name)]
    if len(chosen) != 1:
        raise GraphQLError(
            f"No operation named '{name}'" if name else "An operation name is required",
        )
    return Request(document, chosen[0], name, dict(body.get("variables") or {}))


def _metered(call: Call, request: Request, throttle: bool) -> Payload:
    """Charge, run, give back what was not used."""
    bucket = _bucket(call)
    meter = _meter(request)
    asked = meter.requested(request.operation)
    if asked > LIMIT:
        return {"errors": [too_costly(asked, LIMIT)], **_cost(bucket, asked, None)}
    if throttle:
        bucket.empty(at=call.at)
    if throttle or not bucket.spend(asked, at=call.at):
        return {"errors": [throttled()], **_cost(bucket, asked, None)}
    result = execute_sync(
        schema(),
        request.document,
        context_value=call,
        variable_values=request.variables,
        operation_name=request.operation_name,
    )
    spent = min(asked, meter.actual(request.operation, result.data))
    bucket.give_back(asked - spent)
    payload: Payload = {}
    if result.errors:
        payload["errors"] = [error.formatted for error in result.errors]
    return {"data": result.data, **payload, **_cost(bucket, asked, spent)}


def _meter(request: Request) -> Meter:
    fragments = {
        one.name.value: one
        for one in request.document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
    defaults = {
        one.variable.name.value: value_from_ast_untyped(one.default_value)
        for one in request.operation.variable_definitions or ()
        if one.default_value
    }
    return Meter(schema(), fragments, {**defaults, **request.variables})


def _bucket(call: Call) -> Bucket:
    buckets: dict[str, Bucket] = call.world.admin_state.setdefault("buckets", {})
    plan = call.world.admin_state.get("plan", "standard")
    bucket = buckets.setdefault(call.client_id, Bucket.full(plan, at=call.at))
    bucket.spend(0, at=call.at)
    return bucket


def _cost(bucket: Bucket, requested: int, actual: int | None) -> Payload:
    return {
        "extensions": {
            "cost": {
                "requestedQueryCost": requested,
                "actualQueryCost": actual,
                "throttleStatus": bucket.status(),
            }
        }
    }
