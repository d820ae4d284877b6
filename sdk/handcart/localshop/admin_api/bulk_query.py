"""A bulk query: every node of every connection, whatever page size it asks for, as flat rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLOutputType,
    GraphQLSchema,
    IntValueNode,
    NameNode,
    SelectionSetNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    execute_sync,
    get_named_type,
    parse,
    validate,
    visit,
)

from .call import Call

_PAGE = 250
_MOST_CONNECTIONS = 5
_PAGING = {"after", "before", "first", "last"}
_PAGE_INFO: Any = parse("{ pageInfo { hasNextPage endCursor } }").definitions[0].selection_set  # type: ignore[attr-defined]

Row = dict[str, Any]


class Unbulky(Exception):
    """The query cannot be run in bulk; says why."""


def check(query: str, schema: GraphQLSchema) -> DocumentNode:
    """The query, if it can be run in bulk; raises GraphQLError or Unbulky."""
    document = parse(query)
    if errors := validate(schema, document):
        raise errors[0]
    _, connections = _whole_pages(document, schema, after=None)
    if not connections:
        raise Unbulky("Bulk queries must contain at least one connection.")
    if connections > _MOST_CONNECTIONS:
        raise Unbulky("Bulk queries cannot contain more than 5 connections.")
    return document


def _whole_pages(
    document: DocumentNode, schema: GraphQLSchema, *, after: str | None
) -> tuple[DocumentNode, int]:
    """The document with whole pages in each connection, the outermost begun behind ``after``; and
    how many connections it has."""
    types = TypeInfo(schema)
    visitor = _WholePages(types, after)
    return visit(document, TypeInfoVisitor(types, visitor)), visitor.connections


class _WholePages(Visitor):
    def __init__(self, types: TypeInfo, after: str | None) -> None:
        super().__init__()
        self._types = types
        self._after = after
        self._depth = 0
        self.connections = 0

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if _is_connection(self._types.get_type()):
            self.connections += 1
            self._depth += 1

    def leave_field(self, node: FieldNode, *_: Any) -> FieldNode | None:
        if not _is_connection(self._types.get_type()) or node.selection_set is None:
            return None
        self._depth -= 1
        kept = [one for one in node.arguments or () if one.name.value not in _PAGING]
        paging = [_argument("first", IntValueNode(value=str(_PAGE)))]
        if self._after is not None and self._depth == 0:
            paging.append(_argument("after", StringValueNode(value=self._after)))
        selections = (*node.selection_set.selections, *_PAGE_INFO.selections)
        return FieldNode(
            alias=node.alias,
            name=node.name,
            arguments=(*kept, *paging),
            directives=node.directives,
            selection_set=SelectionSetNode(selections=selections),
        )


def rows_of(document: DocumentNode, schema: GraphQLSchema, call: Call) -> Iterator[Row]:
    """Each node as a row, followed by those of its own connections, with ``__parentId``."""
    after: str | None = None
    while True:
        page, _ = _whole_pages(document, schema, after=after)
        done = execute_sync(schema, page, context_value=call)
        if done.errors:
            raise done.errors[0]
        following = None
        for value in (done.data or {}).values():
            yield from _flat(value, None)
            following = following or _following(value)
        if following is None:
            return
        after = following


def _flat(value: Any, parent: str | None) -> Iterator[Row]:
    """The rows of a connection, or of what a plain object holds."""
    for node in _nodes(value):
        plain = {name: each for name, each in node.items() if not _holds_nodes(each)}
        yield plain if parent is None else {**plain, "__parentId": parent}
        for each in node.values():
            if _holds_nodes(each):
                yield from _flat(each, node.get("id"))


def _nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    if not _holds_nodes(value):
        if isinstance(value, dict):
            for each in value.values():
                if _holds_nodes(each):
                    yield from _nodes(each)
        return
    for edge in value.get("edges", ()):
        yield edge["node"]
    yield from value.get("nodes", ())


def _holds_nodes(value: Any) -> bool:
    return isinstance(value, dict) and "pageInfo" in value and bool({"edges", "nodes"} & set(value))


def _following(value: Any) -> str | None:
    page = value.get("pageInfo") if isinstance(value, dict) else None
    return page["endCursor"] if page and page["hasNextPage"] else None


def _is_connection(kind: GraphQLOutputType | None) -> bool:
    return kind is not None and get_named_type(kind).name.endswith("Connection")


def _argument(name: str, value: Any) -> ArgumentNode:
    return ArgumentNode(name=NameNode(value=name), value=value)
