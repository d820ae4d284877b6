"""An export as a page that a person can read: no script, nothing that is loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

_STYLE = Markup("""
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
dl { margin: 0 0 1rem } dt { font-weight: 600 } dd { margin: 0 0 .5rem; margin-inline-start: 1rem }
table { border-collapse: collapse } th, td { border: 1px solid #999; padding: .25rem .5rem;
text-align: start; vertical-align: top }
""")


def plain_label(key: str) -> str:
    """``Order name`` for ``order_name``."""
    return key.replace("_", " ").capitalize()


def plain_text(value: Any) -> str:
    """A value in words; a moment as ``2026-11-23 09:00 UTC``."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    moment = moment_of(value)
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else str(value)


def moment_of(value: Any) -> datetime | None:
    """The moment that an ISO 8601 text with a zone names; None for anything else."""
    if not isinstance(value, str) or not value[:4].isdecimal() or "T" not in value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


@dataclass(frozen=True, slots=True)
class Words:
    """How keys and values are said, and what is said of a list without entries."""

    label: Callable[[str], str] = plain_label
    text: Callable[[Any], str] = plain_text
    nothing: str = "Nothing."


def article(content: Mapping[str, Mapping[str, Any]], words: Words = Words()) -> Markup:
    """A section for each kind of thing that any room knows."""
    sections = [
        _section(words.label(kind), _said(things, words))
        for room in content.values()
        for kind, things in room.items()
    ]
    return Markup("\n").join(sections)


def document(
    content: Mapping[str, Mapping[str, Any]],
    *,
    title: str,
    words: Words = Words(),
    language: str = "en",
    direction: str = "ltr",
) -> str:
    """The same as a file of its own."""
    page = Markup(
        '<!doctype html>\n<html lang="{language}" dir="{direction}">\n<head><meta charset="utf-8">'
        "<title>{title}</title><style>{style}</style></head>\n"
        "<body><h1>{title}</h1>\n{body}\n</body></html>\n"
    )
    return page.format(
        language=language,
        direction=direction,
        title=title,
        style=_STYLE,
        body=article(content, words),
    )


def _section(title: str, body: Markup) -> Markup:
    return Markup("<section><h2>{title}</h2>{body}</section>").format(title=title, body=body)


def _said(value: Any, words: Words) -> Markup:
    if isinstance(value, Mapping):
        return _pairs(value, words) if value else _nothing(words)
    if isinstance(value, list | tuple):
        return _list(value, words) if value else _nothing(words)
    return Markup("<bdi>{}</bdi>").format(words.text(value))


def _nothing(words: Words) -> Markup:
    return Markup("<span>{}</span>").format(words.nothing)


def _pairs(things: Mapping[str, Any], words: Words) -> Markup:
    pairs = (
        Markup("<dt>{}</dt><dd>{}</dd>").format(words.label(key), _said(value, words))
        for key, value in things.items()
    )
    return Markup("<dl>{}</dl>").format(Markup().join(pairs))


def _list(things: Sequence[Any], words: Words) -> Markup:
    if all(isinstance(one, Mapping) and one and _is_flat(one) for one in things):
        return _table(things, words)
    items = (Markup("<li>{}</li>").format(_said(one, words)) for one in things)
    return Markup("<ol>{}</ol>").format(Markup().join(items))


def _is_flat(thing: Mapping[str, Any]) -> bool:
    return not any(isinstance(value, Mapping | list | tuple) for value in thing.values())


def _table(rows: Sequence[Mapping[str, Any]], words: Words) -> Markup:
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = Markup().join(
        Markup('<th scope="col">{}</th>').format(words.label(name)) for name in names
    )
    body = Markup().join(_row([words.text(row.get(name)) for name in names]) for row in rows)
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)


def _row(cells: Sequence[str]) -> Markup:
    return Markup("<tr>{}</tr>").format(
        Markup().join(Markup("<td><bdi>{}</bdi></td>").format(escape(cell)) for cell in cells)
    )
