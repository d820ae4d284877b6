"""What is served agrees with the platform's published schema, name for name and type for type."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    specified_scalar_types,
    validate_schema,
)

from handcart.localshop.admin_api import prune
from handcart.localshop.admin_api.schema import schema
from handcart.platform.shopify.topics import topic_enum, topic_name
from tests.real_schema import admin_schema

FOLDER = Path(prune.__file__).parent


@pytest.fixture(scope="session")
def real() -> GraphQLSchema:
    return admin_schema()


def served() -> dict[str, GraphQLNamedType]:
    return {
        name: kind
        for name, kind in schema().type_map.items()
        if not name.startswith("__") and name not in specified_scalar_types
    }


def test_the_schema_is_valid() -> None:
    assert validate_schema(schema()) == []


def test_every_type_is_a_real_one_of_the_same_kind(real: GraphQLSchema) -> None:
    wrong = [
        name for name, kind in served().items() if type(real.type_map.get(name)) is not type(kind)
    ]
    assert wrong == []


def test_every_field_and_argument_is_a_real_one_with_its_exact_type(real: GraphQLSchema) -> None:
    wrong = []
    for name, kind in served().items():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            theirs = real.type_map[name].fields  # type: ignore[attr-defined]
            for field, ours in kind.fields.items():
                if str(ours.type) != str(theirs[field].type):
                    wrong.append(f"{name}.{field}")
                for argument, mine in ours.args.items():
                    if repr_of(mine) != repr_of(theirs[field].args[argument]):
                        wrong.append(f"{name}.{field}({argument})")
    assert wrong == []


def repr_of(argument: object) -> tuple[str, str]:
    return str(argument.type), str(argument.default_value)  # type: ignore[attr-defined]


def test_no_required_argument_is_left_out(real: GraphQLSchema) -> None:
    missing = []
    for name, kind in served().items():
        if isinstance(kind, GraphQLObjectType):
            for field, ours in kind.fields.items():
                theirs = real.type_map[name].fields[field]  # type: ignore[attr-defined]
                required = {
                    argument
                    for argument, each in theirs.args.items()
                    if str(each.type).endswith("!") and str(each.default_value) == "Undefined"
                }
                missing += [f"{name}.{field}({each})" for each in required - ours.args.keys()]
    assert missing == []


def test_enums_are_served_whole(real: GraphQLSchema) -> None:
    for name, kind in served().items():
        if isinstance(kind, GraphQLEnumType):
            assert kind.values.keys() == real.type_map[name].values.keys()  # type: ignore[attr-defined]


def test_input_objects_are_served_whole(real: GraphQLSchema) -> None:
    for name, kind in served().items():
        if isinstance(kind, GraphQLInputObjectType):
            theirs = real.type_map[name].fields  # type: ignore[attr-defined]
            assert {field: repr_of(each) for field, each in kind.fields.items()} == {
                field: repr_of(each) for field, each in theirs.items()
            }


def test_interfaces_are_really_implemented(real: GraphQLSchema) -> None:
    for name, kind in served().items():
        if isinstance(kind, GraphQLObjectType):
            theirs = {each.name for each in real.type_map[name].interfaces}  # type: ignore[attr-defined]
            assert {each.name for each in kind.interfaces} <= theirs


def test_the_directive_is_the_real_one(real: GraphQLSchema) -> None:
    ours, theirs = schema().get_directive("idempotent"), real.get_directive("idempotent")
    assert ours is not None
    assert theirs is not None
    assert ours.locations == theirs.locations
    assert {name: str(each.type) for name, each in ours.args.items()} == {
        name: str(each.type) for name, each in theirs.args.items()
    }


def test_the_committed_files_are_what_prune_writes(introspection: Path) -> None:
    sdl, unserved = prune.prune(prune.read_introspection(introspection))
    assert sdl == (FOLDER / "schema.graphql").read_text(encoding="utf-8")
    assert unserved == (FOLDER / "unserved.txt").read_text(encoding="utf-8")


def test_names_and_types_were_taken_and_no_descriptions() -> None:
    sdl = (FOLDER / "schema.graphql").read_text(encoding="utf-8")
    assert '"""' not in sdl
    assert "#" not in sdl


def test_scalars_that_are_not_plain_text_write_themselves() -> None:
    plain = {"HTML", "JSON", "URL"}
    names = {name for name, kind in served().items() if isinstance(kind, GraphQLScalarType)}
    assert names - plain == {"DateTime", "Decimal", "Money", "UnsignedInt64"}


def test_every_topic_goes_to_its_slash_form_and_back() -> None:
    topics = schema().type_map["WebhookSubscriptionTopic"]
    assert isinstance(topics, GraphQLEnumType)
    assert all(topic_enum(topic_name(each)) == each for each in topics.values)
    assert topic_name("ORDERS_CREATE") == "orders/create"
    assert topic_name("FULFILLMENT_ORDERS_LINE_ITEMS_PREPARED_FOR_PICKUP") == (
        "fulfillment_orders/line_items_prepared_for_pickup"
    )
    assert topic_name("INVENTORY_LEVELS_UPDATE") == "inventory_levels/update"
    assert topic_name("APP_UNINSTALLED") == "app/uninstalled"
