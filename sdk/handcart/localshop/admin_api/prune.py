"""Write ``schema.graphql`` and ``unserved.txt`` from the platform's introspection.

``python -m handcart.localshop.admin_api.prune PATH``: PATH is the introspection of the Admin
GraphQL API as JSON, gzipped or not (npm ``@shopify/dev-mcp``, ``dist/data/``). Only names and
types are taken over; the introspection itself stays outside.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .wanted import CONNECTION, FIELDS, WantedField, wanted

HERE = Path(__file__).parent
Entry = dict[str, Any]
_BUILT_IN = {"Boolean", "Float", "ID", "Int", "String"}


def read_introspection(path: Path) -> Entry:
    """The ``__schema`` object in the file."""
    raw = path.read_bytes()
    document = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    schema: Entry = document.get("data", document)["__schema"]
    return schema


def prune(schema: Entry) -> tuple[str, str]:
    """(schema.graphql, unserved.txt); a wanted name that the platform lacks is a KeyError."""
    types = {entry["name"]: entry for entry in schema["types"]}
    kept = _reach(types)
    head = ["schema {", "  query: QueryRoot", "  mutation: Mutation", "}", ""]
    head.append(_directive(schema, "idempotent"))
    blocks = [_block(types[name], kept) for name in sorted(kept) if name not in _BUILT_IN]
    return "\n".join([*head, "", "\n\n".join(blocks), ""]), _unserved(types)


def _reach(types: dict[str, Entry]) -> set[str]:
    """Every type to serve: the wanted ones and whatever they lead to."""
    kept: set[str] = set()
    waiting = ["QueryRoot", "Mutation", *FIELDS]
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept.add(name)
            waiting.extend(_led_to(types[name]))
    return kept


def _led_to(entry: Entry) -> Iterator[str]:
    if entry["kind"] == "OBJECT" and not _is_served(entry["name"]):
        raise KeyError(f"{entry['name']} is reached, but its fields are not listed")
    for field, arguments in _fields(entry):
        yield _named(field["type"])
        yield from (_named(argument["type"]) for argument in arguments)
    for field in entry["inputFields"] or ():
        yield _named(field["type"])


def _is_served(name: str) -> bool:
    return name in FIELDS or CONNECTION.fullmatch(name) is not None


def _fields(entry: Entry) -> list[tuple[Entry, list[Entry]]]:
    """The wanted fields of a type, each with its kept arguments."""
    real = {field["name"]: field for field in entry["fields"] or ()}
    chosen = wanted(entry["name"])
    if chosen is None:
        chosen = {name: WantedField(name, None) for name in real}
    return [(real[name], _arguments(real[name], chosen[name])) for name in sorted(chosen)]


def _arguments(field: Entry, choice: WantedField) -> list[Entry]:
    real = {argument["name"]: argument for argument in field["args"]}
    names = set(real) if choice.arguments is None else set(choice.arguments)
    names |= {
        name
        for name, argument in real.items()
        if argument["type"]["kind"] == "NON_NULL" and argument["defaultValue"] is None
    }
    return [real[name] for name in sorted(names)]


def _block(entry: Entry, kept: set[str]) -> str:
    name, kind = entry["name"], entry["kind"]
    if kind == "SCALAR":
        return f"scalar {name}"
    if kind == "ENUM":
        return _braces(f"enum {name}", [value["name"] for value in entry["enumValues"]])
    if kind == "INPUT_OBJECT":
        return _braces(f"input {name}", [_input(field) for field in entry["inputFields"]])
    return _braces(
        f"{'interface' if kind == 'INTERFACE' else 'type'} {name}{_implements(entry, kept)}",
        [_field(field, arguments) for field, arguments in _fields(entry)],
    )


def _implements(entry: Entry, kept: set[str]) -> str:
    names = sorted(each["name"] for each in entry["interfaces"] or () if each["name"] in kept)
    return f" implements {' & '.join(names)}" if names else ""


def _field(field: Entry, arguments: list[Entry]) -> str:
    inside = ", ".join(_input(argument) for argument in arguments)
    return f"{field['name']}{f'({inside})' if inside else ''}: {_type(field['type'])}"


def _input(entry: Entry) -> str:
    default = entry["defaultValue"]
    text = f"{entry['name']}: {_type(entry['type'])}"
    return text if default is None else f"{text} = {default}"


def _directive(schema: Entry, name: str) -> str:
    entry = next(each for each in schema["directives"] if each["name"] == name)
    inside = ", ".join(_input(argument) for argument in entry["args"])
    return f"directive @{name}({inside}) on {' | '.join(entry['locations'])}"


def _braces(head: str, lines: list[str]) -> str:
    return "\n".join([f"{head} {{", *(f"  {line}" for line in lines), "}"])


def _named(type_: Entry) -> str:
    while type_["ofType"]:
        type_ = type_["ofType"]
    name: str = type_["name"]
    return name


def _type(type_: Entry) -> str:
    if type_["kind"] == "NON_NULL":
        return f"{_type(type_['ofType'])}!"
    if type_["kind"] == "LIST":
        return f"[{_type(type_['ofType'])}]"
    name: str = type_["name"]
    return name


def _unserved(types: dict[str, Entry]) -> str:
    """One line for each served type: the names of the real fields that are not served."""
    lines = []
    for name in sorted(FIELDS):
        served = {field["name"] for field, _ in _fields(types[name])}
        missing = [each["name"] for each in types[name]["fields"] if each["name"] not in served]
        if missing:
            lines.append(f"{name}: {' '.join(sorted(missing))}")
    return "\n".join([*lines, ""])


def main(arguments: list[str]) -> None:
    schema, unserved = prune(read_introspection(Path(arguments[0])))
    (HERE / "schema.graphql").write_text(schema, encoding="utf-8")
    (HERE / "unserved.txt").write_text(unserved, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
