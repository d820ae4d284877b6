"""The ``[webhooks]`` part of ``shopify.app.toml``: subscriptions of the app, in every shop at once.

The file is the developer's. Only the entries that send to our address are ours to write, and of
them only the topics, the terms that the code declares for a topic, and the API version; every
comment and everything else stays, a filter of the developer's own among it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tomlkit
from tomlkit.exceptions import TOMLKitError

from ..errors import SettingsError
from .declared import Terms

COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")
PATH = "/webhooks"


def topics_in(path: Path) -> frozenset[str]:
    """The topics that the file sends to us, compliance and all."""
    found: set[str] = set()
    for entry in _ours(_read(path)):
        found.update(entry.get("topics", ()))
        found.update(entry.get("compliance_topics", ()))
    return frozenset(found)


def rewritten(
    path: Path,
    topics: Collection[str],
    *,
    api_version: str,
    special: Mapping[str, Terms] | None = None,
) -> str:
    """The file's text with exactly ``topics`` in its entries of ours, in their order.

    Those of ``special`` are in an entry with their terms.
    """
    document = _read(path)
    webhooks = document.setdefault("webhooks", tomlkit.table())
    if webhooks.get("api_version") != api_version:
        webhooks["api_version"] = api_version
    wanted = {
        "topics": [one for one in sorted(topics) if one not in COMPLIANCE],
        "compliance_topics": list(COMPLIANCE),
    }
    for topic, terms in sorted((special or {}).items()):
        _declare(document, topic, terms)
    entries = _ours(document)
    for key, all_of_them in wanted.items():
        missing = set(all_of_them)
        for entry in entries:
            listed = entry.get(key)
            if listed is not None:
                _keep_only(listed, set(all_of_them))
                missing -= set(listed)
        if missing:
            _add(webhooks, entries, key, [one for one in all_of_them if one in missing])
    return tomlkit.dumps(document)


def _declare(document: Any, topic: str, terms: Terms) -> None:
    """The topic is in an entry with exactly these terms, and in no other of ours."""
    subscriptions = document["webhooks"].setdefault("subscriptions", tomlkit.aot())
    there = False
    for entry in _ours(document):
        if topic not in entry.get("topics", ()):
            continue
        if _terms_of(entry) == terms and not there:
            there = True
            continue
        entry["topics"].remove(topic)
        if not entry["topics"] and "compliance_topics" not in entry:
            subscriptions.remove(entry)
    if not there:
        subscriptions.append(_entry(topic, terms))


def _terms_of(entry: Any) -> Terms:
    fields = tuple(str(field) for field in entry.get("include_fields", ()))
    return Terms(str(entry.get("filter", "")), fields)


def _entry(topic: str, terms: Terms) -> Any:
    entry = tomlkit.table()
    entry["topics"] = [topic]
    entry["uri"] = PATH
    if terms.filter:
        entry["filter"] = terms.filter
    if terms.include_fields:
        entry["include_fields"] = list(terms.include_fields)
    return entry


def _add(webhooks: Any, entries: list[Any], key: str, topics: list[str]) -> None:
    """To an entry that sends everything, or to a new one."""
    plain = (one for one in entries if key in one and not {"filter", "include_fields"} & set(one))
    entry = next(plain, None)
    if entry is None:
        entry = tomlkit.table()
        entry[key] = tomlkit.array().multiline(len(topics) > 3)
        entry["uri"] = PATH
        webhooks.setdefault("subscriptions", tomlkit.aot()).append(entry)
    for topic in topics:
        entry[key].append(topic)


def _keep_only(listed: Any, topics: set[str]) -> None:
    for topic in [one for one in listed if one not in topics]:
        listed.remove(topic)


def _ours(document: Any) -> list[Any]:
    """The entries that send to our address."""
    entries = document.get("webhooks", {}).get("subscriptions", ())
    return [one for one in entries if urlsplit(str(one.get("uri", ""))).path == PATH]


def _read(path: Path) -> Any:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("app_config_missing", f"cannot read {path}: {error}") from error
    except TOMLKitError as error:
        raise SettingsError("app_config_unreadable", f"{path}: {error}") from error
