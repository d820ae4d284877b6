"""Bulk operations: shopify.dev, "Perform bulk operations".

An operation is carried out when it is begun; then each look at it shows it one step further on:
CREATED, RUNNING, and COMPLETED, when ``bulk_operations/finish`` is sent. So an app's waiting is
tried without a clock. The result lies under ``/_local/bulk/<id>.jsonl``, and may be read in parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLResolveInfo, execute_sync, parse, validate

from ..gids import gid
from ..payloads import utc_time
from ..refusals import Refused
from ..world import World
from .answers import Payload, answer
from .bulk_query import Unbulky, check, rows_of
from .call import Call
from .idempotency import refuse_key
from .lists import number_of

_AT_ONCE = 5
_NEXT = {"CREATED": "RUNNING", "RUNNING": "COMPLETED", "CANCELING": "CANCELED"}
_UNDER_WAY = set(_NEXT)


@dataclass(slots=True)
class Bulk:
    """``result`` is what the file will hold; ``object_count`` how many lines of it."""

    id: int
    type: str
    query: str
    result: bytes
    object_count: int
    root_object_count: int
    created_at: datetime
    status: str = "CREATED"
    completed_at: datetime | None = None
    error_code: str | None = None
    partial_data_url: str | None = None

    @property
    def file_size(self) -> int | None:
        return len(self.result) if self.status == "COMPLETED" else None


def kept(world: World) -> dict[int, Bulk]:
    found: dict[int, Bulk] = world.admin_state.setdefault("bulk", {})
    return found


def uploads(world: World) -> dict[str, bytes]:
    found: dict[str, bytes] = world.admin_state.setdefault("uploads", {})
    return found


def address(world: World) -> str:
    """Where this shop answers, as far as it has been asked yet."""
    return str(world.admin_state.get("url", f"https://{world.shop.domain}"))


def look(root: Any, call: Call, id: str) -> Bulk | None:
    """The operation, one step further on than at the last look."""
    found = kept(call.world).get(number_of(id, "BulkOperation") or 0)
    if found is not None and found.status in _NEXT:
        found.status = _NEXT[found.status]
        if found.status == "COMPLETED":
            with call.world.action() as at:
                found.completed_at = at
                call.world.emit("bulk_operations/finish", _finish(found))
    return found


def _finish(bulk: Bulk) -> dict[str, Any]:
    return {
        "admin_graphql_api_id": gid("BulkOperation", bulk.id),
        "completed_at": utc_time(bulk.completed_at or bulk.created_at),
        "created_at": utc_time(bulk.created_at),
        "error_code": bulk.error_code,
        "status": bulk.status.lower(),
        "type": bulk.type.lower(),
    }


def _run_query(
    info: GraphQLResolveInfo[Any], call: Call, query: str, group_objects: bool = False
) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        _refuse_too_many(call)
        try:
            document = check(query, info.schema)
        except (GraphQLError, Unbulky) as error:
            raise Refused(str(error), code="INVALID", field=("query",)) from error
        rows = list(rows_of(document, info.schema, call))
        roots = sum("__parentId" not in row for row in rows)
        return {"bulk_operation": _begin(call, "QUERY", query, rows, roots)}

    return answer({"bulk_operation": None}, act)


def _run_mutation(
    info: GraphQLResolveInfo[Any],
    call: Call,
    mutation: str,
    staged_upload_path: str,
    client_identifier: str | None = None,
    group_objects: bool = True,
) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        _refuse_too_many(call)
        lines = uploads(call.world).get(staged_upload_path)
        if lines is None:
            raise Refused(
                "The JSONL file could not be found.",
                code="NO_SUCH_FILE",
                field=("stagedUploadPath",),
            )
        rows = list(_mutated(info, call, mutation, lines))
        return {"bulk_operation": _begin(call, "MUTATION", mutation, rows, len(rows))}

    return answer({"bulk_operation": None}, act)


def _mutated(
    info: GraphQLResolveInfo[Any], call: Call, mutation: str, lines: bytes
) -> Iterator[dict[str, Any]]:
    """The mutation's answer to each line, with the line's number."""
    try:
        document = parse(mutation)
        errors = validate(info.schema, document)
    except GraphQLError as error:
        errors = [error]
    if errors:
        raise Refused(errors[0].message, code="INVALID_MUTATION", field=("mutation",))
    for number, line in enumerate(lines.splitlines()):
        try:
            variables = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise Refused(
                f"The input file has an error on line {number + 1}",
                code="INVALID_STAGED_UPLOAD_FILE",
                field=("stagedUploadPath",),
            ) from error
        done = execute_sync(info.schema, document, context_value=call, variable_values=variables)
        row: dict[str, Any] = {"data": done.data, "__lineNumber": number}
        if done.errors:
            row["errors"] = [error.formatted for error in done.errors]
        yield row


def _begin(call: Call, kind: str, query: str, rows: list[dict[str, Any]], roots: int) -> Bulk:
    with call.world.action() as at:
        number = len(kept(call.world)) + 1
        result = b"".join(orjson.dumps(row) + b"\n" for row in rows)
        made = Bulk(number, kind, query, result, len(rows), roots, at)
        kept(call.world)[number] = made
        return made


def _refuse_too_many(call: Call) -> None:
    under_way = [one for one in kept(call.world).values() if one.status in _UNDER_WAY]
    if len(under_way) >= _AT_ONCE:
        raise Refused(
            "A bulk operation limit has been reached for this app and shop.",
            code="LIMIT_REACHED",
        )


def _cancel(info: GraphQLResolveInfo[Any], call: Call, id: str) -> Payload:
    refuse_key(info)

    def act() -> Payload:
        found = kept(call.world).get(number_of(id, "BulkOperation") or 0)
        if found is None:
            raise Refused("Bulk operation does not exist", code="", field=("id",))
        if found.status not in _UNDER_WAY:
            message = f"A bulk operation cannot be canceled when it is {found.status.lower()}"
            raise Refused(message, code="", field=())
        found.status = "CANCELING"
        return {"bulk_operation": found}

    return answer({"bulk_operation": None}, act)


def _stage(info: GraphQLResolveInfo[Any], call: Call, input: list[dict[str, Any]]) -> Payload:
    refuse_key(info)
    url = f"{address(call.world)}/_local/bulk/upload"
    targets = []
    for one in input:
        number = call.world.next_id("line_item")
        path = f"tmp/{call.world.shop.id}/bulk/{number}/{one['filename']}"
        targets.append(
            {
                "url": url,
                "resource_url": None,
                "parameters": [{"name": "key", "value": path}, {"name": "acl", "value": "private"}],
            }
        )
    return {"staged_targets": targets, "user_errors": []}


BULK: dict[str, Callable[..., Payload]] = {
    "bulk_operation_cancel": _cancel,
    "bulk_operation_run_mutation": _run_mutation,
    "bulk_operation_run_query": _run_query,
    "staged_uploads_create": _stage,
}
