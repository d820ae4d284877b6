"""The platform's real Admin schema of 2026-10, out of Shopify's own npm package."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

from graphql import GraphQLSchema, build_client_schema

from .npm import package

PACKAGE = "@shopify/dev-mcp@1.16.0"


def introspection() -> Path:
    """The gzipped answer to the introspection query."""
    return package(PACKAGE) / "dist" / "data" / "admin_2026-10.json.gz"


@cache
def admin_schema() -> GraphQLSchema:
    """The schema to validate documents and our own types against."""
    found = json.loads(gzip.decompress(introspection().read_bytes()))
    return build_client_schema(found.get("data", found), assume_valid=True)
