"""The platform's real Admin schema of 2026-10, out of Shopify's own npm package.

Kept under ``.build/`` at the root of the repository, fetched with npm when it is not there.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import tarfile
from functools import cache
from pathlib import Path

from graphql import GraphQLSchema, build_client_schema

PACKAGE = "@shopify/dev-mcp@1.16.0"
_BUILD = Path(__file__).parents[1] / ".build" / "dev-mcp"
_DATA = _BUILD / "package" / "dist" / "data" / "admin_2026-10.json.gz"


@cache
def admin_schema() -> GraphQLSchema:
    """The schema to validate documents and our own types against."""
    if not _DATA.exists():
        _fetch()
    found = json.loads(gzip.decompress(_DATA.read_bytes()))
    return build_client_schema(found.get("data", found), assume_valid=True)


def _fetch() -> None:
    _BUILD.mkdir(parents=True, exist_ok=True)
    npm = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(_BUILD)]
    packed = subprocess.run(npm, check=True, capture_output=True, text=True, cwd=_BUILD)
    with tarfile.open(_BUILD / packed.stdout.split()[-1]) as archive:
        archive.extractall(_BUILD, filter="data")
