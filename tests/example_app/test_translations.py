from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import example_app
from example_app.pages.language import LANGUAGES

ROOT = Path(example_app.__file__).parent
OTHERS = [language for language in LANGUAGES if language != "en"]
METHODS = [
    ("pages/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}


@cache
def texts_of_the_pages() -> set[str]:
    found = extract_from_dir(ROOT, method_map=METHODS, keywords=KEYWORDS)
    return {text[0] if isinstance(text, tuple) else text for _, _, text, _, _ in found}


def catalogue(language: str) -> Catalog:
    with (ROOT / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_pages_is_translated(language: str) -> None:
    messages = [message for message in catalogue(language) if message.id]
    ids = {message.id[0] if isinstance(message.id, tuple) else message.id for message in messages}
    assert ids == texts_of_the_pages()
    for message in messages:
        texts = message.string if isinstance(message.string, tuple | list) else [message.string]
        assert all(texts), message.id
        assert not message.fuzzy


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_the_placeholders(language: str) -> None:
    for message in catalogue(language):
        if not message.id:
            continue
        first = message.id[0] if isinstance(message.id, tuple) else message.id
        texts = message.string if isinstance(message.string, tuple | list) else [message.string]
        for text in texts:
            assert placeholders(text) == placeholders(first), first


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", text))
