from __future__ import annotations

import pytest
from graphql import GraphQLSchema

from tests.real_schema import admin_schema


@pytest.fixture(scope="session")
def real_schema() -> GraphQLSchema:
    return admin_schema()
