"""Validation: graphql-core's rules, two of which speak the platform's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    FieldsOnCorrectTypeRule,
    FragmentDefinitionNode,
    InlineFragmentNode,
    KnownArgumentNamesRule,
    Node,
    OperationDefinitionNode,
    specified_rules,
)

from .wire import undefined_field, unknown_argument


class ServedFields(FieldsOnCorrectTypeRule):
    """Every field is served here; names the type, the field and where it was asked for."""

    def enter_field(
        self, node: FieldNode, _key: Any, _parent: Any, _path: Any, ancestors: Any
    ) -> None:
        parent = self.context.get_parent_type()
        if parent is None or self.context.get_field_def() is not None:
            return
        where = _where([*ancestors, node])
        error = undefined_field(parent.name, node.name.value, nodes=[node], path=where)
        self.report_error(error)


class ServedArguments(KnownArgumentNamesRule):
    """Every argument of a field is served here."""

    def enter_argument(
        self, node: ArgumentNode, _key: Any, parent: Any, _path: Any, ancestors: Any
    ) -> None:
        if self.context.get_argument() or not self.context.get_field_def():
            return
        holder, field = self.context.get_parent_type(), _field(ancestors)
        if holder is None or field is None:
            return
        self.report_error(
            unknown_argument(
                holder.name,
                field.name.value,
                node.name.value,
                nodes=[node],
                path=[*_where(ancestors), node.name.value],
            )
        )


def _field(ancestors: Sequence[Any]) -> FieldNode | None:
    """The field whose argument this is; None for a directive's."""
    nearest = next((each for each in reversed(ancestors) if isinstance(each, Node)), None)
    return nearest if isinstance(nearest, FieldNode) else None


def _where(ancestors: Sequence[Any]) -> list[str | int]:
    """``["query Levels", "location", "x"]``: the way down to the last of ``ancestors``."""
    where: list[str | int] = []
    for each in ancestors:
        if isinstance(each, OperationDefinitionNode):
            name = f" {each.name.value}" if each.name else ""
            where.append(f"{each.operation.value}{name}")
        elif isinstance(each, FragmentDefinitionNode):
            where.append(f"fragment {each.name.value}")
        elif isinstance(each, InlineFragmentNode):
            condition = each.type_condition
            where.append(f"... on {condition.name.value}" if condition else "...")
        elif isinstance(each, FieldNode):
            where.append(each.alias.value if each.alias else each.name.value)
    return where


_OURS = {FieldsOnCorrectTypeRule: ServedFields, KnownArgumentNamesRule: ServedArguments}
RULES = tuple(_OURS.get(rule, rule) for rule in specified_rules)
