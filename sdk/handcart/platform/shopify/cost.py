"""What a document will cost, before the platform has told: an estimate that errs upwards.

The rules are the platform's (shopify.dev, API limits): an object 1, a connection what it was asked
for times what is in it, a mutation 10. We have no schema at hand, so whatever has fields counts as
an object. After the first answer the platform's own number counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    parse,
)

# One document costs no more, or the platform refuses it.
LIMIT = 1000.0
_MUTATION = 10.0
# A page whose size we cannot read.
_UNKNOWN_SIZE = 50
_DEEPEST = 50

Sizes = tuple[tuple[str, int], ...]


@lru_cache(maxsize=512)
def parsed(document: str) -> DocumentNode:
    return parse(document, no_location=True)


def sizes_of(document: str, variables: Mapping[str, Any]) -> Sizes:
    """The variables that say how long a page is to be: what makes one document cost differently."""
    names = _size_variables(document)
    return tuple((name, variables[name]) for name in names if _is_size(variables.get(name)))


@lru_cache(maxsize=1024)
def estimate(document: str, sizes: Sizes) -> float:
    """Points, at least 1 and at most ``LIMIT``."""
    tree = parsed(document)
    fragments = {
        one.name.value: one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)
    }
    total = 0.0
    for one in tree.definitions:
        if not isinstance(one, OperationDefinitionNode):
            continue
        if one.operation is OperationType.MUTATION:
            total += _MUTATION * len(one.selection_set.selections)
        else:
            total += _inside(one.selection_set, fragments, dict(sizes), depth=0)
    return min(LIMIT, max(1.0, total))


@lru_cache(maxsize=512)
def _size_variables(document: str) -> tuple[str, ...]:
    found: set[str] = set()
    waiting: list[SelectionSetNode] = [
        one.selection_set
        for one in parsed(document).definitions
        if isinstance(one, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    while waiting:
        for each in waiting.pop().selections:
            below = getattr(each, "selection_set", None)
            if below is not None:
                waiting.append(below)
            if isinstance(each, FieldNode):
                value = _size_argument(each)
                if isinstance(value, VariableNode):
                    found.add(value.name.value)
    return tuple(sorted(found))


def _inside(
    chosen: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    sizes: Mapping[str, int],
    *,
    depth: int,
) -> float:
    total = 0.0
    if depth > _DEEPEST:
        return LIMIT
    for each in chosen.selections:
        if isinstance(each, FragmentSpreadNode):
            below: SelectionSetNode | None = fragments[each.name.value].selection_set
        else:
            below = getattr(each, "selection_set", None)
        if below is None:
            continue
        cost = _inside(below, fragments, sizes, depth=depth + 1)
        total += _size(each, sizes) * (1 + cost) if isinstance(each, FieldNode) else cost
    return total


def _size(field: FieldNode, sizes: Mapping[str, int]) -> int:
    value = _size_argument(field)
    if isinstance(value, IntValueNode):
        return max(1, int(value.value))
    if isinstance(value, VariableNode):
        return max(1, sizes.get(value.name.value, _UNKNOWN_SIZE))
    return 1


def _size_argument(field: FieldNode) -> Any:
    given = (one for one in field.arguments or () if one.name.value in ("first", "last"))
    found = next(given, None)
    return found.value if found else None


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
