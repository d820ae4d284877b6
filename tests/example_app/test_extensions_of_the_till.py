from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import example_app
from example_app.pages.language import LANGUAGES

TILL = Path(example_app.__file__).parent / "extensions" / "handcart-till"


def keys(words: dict[str, Any], under: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in words.items():
        found |= keys(value, f"{under}{name}.") if isinstance(value, dict) else {under + name}
    return found


def words(language: str) -> dict[str, Any]:
    name = "en.default" if language == "en" else language
    loaded: dict[str, Any] = json.loads((TILL / "locales" / f"{name}.json").read_text())
    return loaded


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_till_speaks_every_language_of_the_pages(language: str) -> None:
    assert keys(words(language)) == keys(words("en"))


def test_every_text_that_the_till_asks_for_is_there_and_none_is_left_over() -> None:
    source = "".join(path.read_text() for path in sorted((TILL / "src").iterdir()))
    asked = set(re.findall(r'(?:say|translate)\(\s*"([\w.]+)"', source))
    asked |= {"taken.but", "taken.whole", "refused.other"}
    listed = re.search(r"new Set\(\[([^\]]+)\]", source)
    assert listed is not None
    asked |= {f"refused.{code}" for code in re.findall(r'"(\w+)"', listed[1])}
    assert asked == keys(words("en"))


def test_every_module_of_the_extension_is_there() -> None:
    told = tomllib.loads((TILL / "shopify.extension.toml").read_text())
    [extension] = told["extensions"]
    assert told["api_version"] >= "2026-07"
    targets = {one["target"]: one["module"] for one in extension["targeting"]}
    assert set(targets) == {"pos.home.tile.render", "pos.home.modal.render"}
    assert all((TILL / module).is_file() for module in targets.values())
