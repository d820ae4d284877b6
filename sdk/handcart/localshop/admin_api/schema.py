"""The executable schema: ``schema.graphql`` with a reader behind every field.

Names change once, here: arguments, input fields and attributes are snake case inside. A field
without a reader of its own reads the attribute (or the key) of its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    get_named_type,
)

from .call import MUTATION_SCOPES, TYPE_SCOPES, Call
from .mutations import MUTATIONS
from .queries import QUERIES
from .things import READERS
from .things.views import type_name
from .wire import access_denied

Reader = Callable[..., Any]


@cache
def schema() -> GraphQLSchema:
    """Built at the first request; the SDL was validated when it was made."""
    sdl = (Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8")
    built = build_schema(sdl, assume_valid=True, assume_valid_sdl=True, no_location=True)
    for kind in built.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            _attach(kind)
        elif isinstance(kind, GraphQLInputObjectType):
            for name, field in kind.fields.items():
                field.out_name = snake(name)
        elif isinstance(kind, GraphQLInterfaceType):
            kind.resolve_type = lambda thing, info, abstract: type_name(thing)
        elif isinstance(kind, GraphQLScalarType) and kind.name in _SCALARS:
            _write_with(kind, _SCALARS[kind.name])
    return built


def _write_with(kind: GraphQLScalarType, write: Callable[[Any], Any]) -> None:
    """graphql-core 3.2 calls ``serialize``; 3.3 calls ``coerce_output_value``."""
    for name in ("serialize", "coerce_output_value"):
        setattr(kind, name, write)


@cache
def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1].lower()}", name).lower()


def _attach(kind: GraphQLObjectType) -> None:
    own: Mapping[str, Reader] = {"QueryRoot": QUERIES, "Mutation": MUTATIONS}.get(
        kind.name
    ) or READERS.get(kind.name, {})
    for name, field in kind.fields.items():
        for argument, definition in field.args.items():
            definition.out_name = snake(argument)
        reader = own.get(snake(name)) or _attribute(snake(name))
        takes_info = kind.name == "Mutation"
        field.resolve = _guarded(reader, _scopes(kind, name, field), takes_info=takes_info)


def _scopes(kind: GraphQLObjectType, name: str, field: GraphQLField) -> tuple[str, ...]:
    if kind.name == "Mutation":
        return MUTATION_SCOPES[name]
    return TYPE_SCOPES.get(get_named_type(field.type).name.removesuffix("Connection"), ())


def _guarded(reader: Reader, scopes: tuple[str, ...], *, takes_info: bool) -> Reader:
    """The reader behind its scopes; mutations also hear how they were called."""

    def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        call: Call = info.context
        if not call.may(scopes):
            raise access_denied(info.field_name, scopes)
        return reader(info if takes_info else source, call, **arguments)

    return resolve


def _attribute(name: str) -> Reader:
    def read(source: Any, call: Call) -> Any:
        return source[name] if isinstance(source, dict) else getattr(source, name)

    return read


def _date_time(value: datetime) -> str:
    return value.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _decimal(minor: int) -> str:
    """MoneyV2 amounts drop the second zero: 1250 is ``12.5``, 1200 is ``12.0``."""
    text = str(Decimal(minor) / 100)
    return text if "." in text else f"{text}.0"


def _money(minor: int) -> str:
    return str((Decimal(minor) / 100).quantize(Decimal("0.01")))


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "DateTime": _date_time,
    "Decimal": _decimal,
    "Money": _money,
    "UnsignedInt64": str,
}
