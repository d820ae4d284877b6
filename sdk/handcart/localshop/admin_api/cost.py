"""What a query costs: shopify.dev, "API limits".

A scalar costs nothing, an object 1, an interface what its dearest member costs, a connection its
nodes times ``first`` or ``last``, a mutation 10. ``requested`` counts what was asked for before it
runs, ``actual`` what came back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    value_from_ast_untyped,
)

MUTATION = 10
LIMIT = 1000
_ASKED = object()


@dataclass(frozen=True, slots=True)
class Meter:
    """Counts the fields of one operation; ``variables`` with their defaults."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def requested(self, operation: OperationDefinitionNode) -> int:
        return self._root(operation, _ASKED)

    def actual(self, operation: OperationDefinitionNode, data: Any) -> int:
        return self._root(operation, data or {})

    def _root(self, operation: OperationDefinitionNode, data: Any) -> int:
        if operation.operation is OperationType.MUTATION:
            chosen = self._collect([operation.selection_set], self.schema.mutation_type)
            return MUTATION * sum(len(fields) for fields in chosen.values())
        return self._inside([operation.selection_set], self.schema.query_type, data, size=1)

    def _inside(
        self,
        sets: list[SelectionSetNode],
        parent: GraphQLNamedType | None,
        value: Any,
        *,
        size: int,
    ) -> int:
        """Everything selected in ``parent``; ``size`` is how many nodes a connection was asked."""
        chosen = self._collect(sets, parent)
        total = sum(self._field(nodes, parent, value, size) for nodes in chosen.values())
        members = (
            self._inside([fragment], self.schema.get_type(name), value, size=size)
            for name, fragment in self._members(sets, parent)
        )
        return total + max(members, default=0)

    def _field(
        self, nodes: list[FieldNode], parent: GraphQLNamedType | None, value: Any, size: int
    ) -> int:
        name = nodes[0].name.value
        field: GraphQLField | None = getattr(parent, "fields", {}).get(name)
        if field is None or is_leaf_type(get_named_type(field.type)):
            return 0
        kind = get_named_type(field.type)
        sets = [node.selection_set for node in nodes if node.selection_set]
        asked = self._size(nodes[0])
        below = value if value is _ASKED else _get(value, nodes[0])
        if kind.name.endswith("Connection"):
            return 0 if below is None else self._inside(sets, kind, below, size=asked)
        own = 0 if kind.name.endswith(("Edge", "PageInfo")) else 1
        if below is _ASKED:
            times = size if name in ("nodes", "edges") else asked
            return times * (own + self._inside(sets, kind, _ASKED, size=1))
        return sum(own + self._inside(sets, kind, each, size=1) for each in _each(below))

    def _size(self, node: FieldNode) -> int:
        """``first`` or ``last`` of a field, 1 without; what is no number is found out later."""
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                value = value_from_ast_untyped(argument.value, dict(self.variables))
                if isinstance(value, int):
                    return max(0, value)
        return 1

    def _collect(
        self, sets: Iterable[SelectionSetNode], parent: GraphQLNamedType | None
    ) -> dict[str, list[FieldNode]]:
        """Fields by response name; fragments on an abstract type's members stay outside."""
        chosen: dict[str, list[FieldNode]] = {}
        for selection in self._flat(sets, parent):
            name = selection.alias.value if selection.alias else selection.name.value
            chosen.setdefault(name, []).append(selection)
        return chosen

    def _flat(
        self, sets: Iterable[SelectionSetNode], parent: GraphQLNamedType | None
    ) -> Iterator[FieldNode]:
        for selection in (each for one in sets for each in one.selections):
            if isinstance(selection, FieldNode):
                yield selection
                continue
            name, fragment = self._fragment(selection)
            if not self._is_member(name, parent):
                yield from self._flat([fragment], parent)

    def _members(
        self, sets: Iterable[SelectionSetNode], parent: GraphQLNamedType | None
    ) -> Iterator[tuple[str, SelectionSetNode]]:
        for selection in (each for one in sets for each in one.selections):
            if not isinstance(selection, FieldNode):
                name, fragment = self._fragment(selection)
                if name is not None and self._is_member(name, parent):
                    yield name, fragment

    def _is_member(self, name: str | None, parent: GraphQLNamedType | None) -> bool:
        """True for a fragment on one of the types that an abstract ``parent`` may be."""
        if name is None or not is_abstract_type(parent):
            return False
        return not is_abstract_type(self.schema.get_type(name))

    def _fragment(self, selection: Any) -> tuple[str | None, SelectionSetNode]:
        if isinstance(selection, FragmentSpreadNode):
            found = self.fragments[selection.name.value]
            return found.type_condition.name.value, found.selection_set
        condition = selection.type_condition
        inside: SelectionSetNode = selection.selection_set
        return (condition.name.value if condition else None), inside


def _get(value: Any, node: FieldNode) -> Any:
    name = node.alias.value if node.alias else node.name.value
    return value.get(name) if isinstance(value, Mapping) else None


def _each(value: Any) -> list[Any]:
    if value is None:
        return []
    return [each for each in value if each is not None] if isinstance(value, list) else [value]
