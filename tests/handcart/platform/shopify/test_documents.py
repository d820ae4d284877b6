from __future__ import annotations

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLSchema,
    NoDeprecatedCustomRule,
    parse,
    specified_rules,
    validate,
)

from handcart.pickups.countries import COUNTRIES
from handcart.platform.shopify.documents import document, names


@pytest.mark.parametrize("name", names())
def test_a_document_is_valid_on_the_real_schema_and_asks_for_nothing_deprecated(
    real_schema: GraphQLSchema, name: str
) -> None:
    rules = [*specified_rules, NoDeprecatedCustomRule]
    assert validate(real_schema, parse(document(name)), rules) == []


def test_a_document_brings_the_fragments_that_it_spreads_and_no_others() -> None:
    fragment = "fragment LevelFields on InventoryLevel"
    with_it = [name for name in names() if fragment in document(name)]
    assert with_it == ["level", "levels", "levels_changed"]
    assert all(document(name).count(fragment) == 1 for name in with_it)


def test_every_document_is_named_after_its_file() -> None:
    for name in names():
        operation = parse(document(name)).definitions[0]
        camel = "".join(word.capitalize() for word in name.split("_"))
        assert operation.name.value == camel, name


def test_every_country_that_goods_are_sent_to_is_one_of_the_platforms(
    real_schema: GraphQLSchema,
) -> None:
    known = real_schema.type_map["CountryCode"]
    assert isinstance(known, GraphQLEnumType)
    assert set(known.values) >= COUNTRIES
    assert len(COUNTRIES) > 200
