"""The app's theme extension, rendered into the shop's pages as the online store would.

Blocks of ``blocks/*.liquid`` with the target ``head`` or ``body`` stand on every page. One with the
target ``section`` stands where its ``enabled_on.templates`` names the page, since nobody arranges
sections here. Served besides Liquid itself: the ``schema`` tag, ``asset_url``, ``json``, ``t``,
``script_tag``, ``stylesheet_tag``, ``money``, and ``render`` of the extension's snippets.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from liquid import CachingFileSystemLoader, DictLoader, Environment, Node, Tag, TokenStream
from liquid.exceptions import LiquidError
from liquid.token import TOKEN_EOF, TOKEN_TAG
from markupsafe import Markup

log = logging.getLogger(__name__)

# Of the page that is being rendered; the ``t`` filter has no other way to know.
language: ContextVar[str] = ContextVar("language", default="en")


@dataclass(frozen=True, slots=True)
class Block:
    """One ``blocks/<name>.liquid`` with what its schema says."""

    name: str
    source: str
    schema: Mapping[str, Any]

    @property
    def target(self) -> str:
        return str(self.schema.get("target", "section"))

    @property
    def settings(self) -> dict[str, Any]:
        """The default of every setting: nobody edited the theme."""
        return {
            str(each["id"]): each.get("default")
            for each in self.schema.get("settings", ())
            if "id" in each
        }

    def stands_on(self, page: str) -> bool:
        named = self.schema.get("enabled_on", {}).get("templates")
        if named is None:
            return self.target != "section"
        return "*" in named or page in named


class Theme:
    """The extension in ``folder`` (None: there is none); files are read again when they change."""

    def __init__(self, folder: Path | None, handle: str) -> None:
        self._folder = folder
        self._handle = handle
        self._read: dict[Path, tuple[int, Block]] = {}
        self._liquid = _environment(folder, self._asset_url, self._translated)

    @property
    def assets(self) -> Path | None:
        return self._folder / "assets" if self._folder else None

    def render(self, target: str, page: str, values: Mapping[str, Any]) -> Markup:
        """The HTML of every block for ``target`` on ``page``."""
        shown = [b for b in self._blocks() if b.target == target and b.stands_on(page)]
        return Markup("\n").join(self._block(block, values) for block in shown)

    def liquid(self, source: str, values: Mapping[str, Any]) -> Markup:
        """``source`` rendered; an error is said in its place, as the online store does."""
        try:
            return Markup(self._liquid.from_string(source).render(**values))  # noqa: S704
        except LiquidError as error:
            log.warning("liquid: %s", error)
            return Markup("<!-- Liquid error: {} -->").format(str(error).replace("--", "- -"))

    def _block(self, block: Block, values: Mapping[str, Any]) -> Markup:
        inside = self.liquid(
            block.source,
            {**values, "block": {"id": block.name, "settings": block.settings, "type": "@app"}},
        )
        if block.target == "head":
            return inside + self._files(block)
        frame = Markup('<div id="shopify-block-{}" class="shopify-block">{}</div>{}')
        return frame.format(block.name, inside, self._files(block))

    def _files(self, block: Block) -> Markup:
        """The script and style sheet that the schema names."""
        made = Markup("")
        if style := block.schema.get("stylesheet"):
            made += Markup('<link rel="stylesheet" href="{}">').format(self._asset_url(style))
        if script := block.schema.get("javascript"):
            made += Markup('<script src="{}" defer></script>').format(self._asset_url(script))
        return made

    def _blocks(self) -> Iterator[Block]:
        if self._folder is None:
            return
        for path in sorted(self._folder.glob("blocks/*.liquid")):
            changed = path.stat().st_mtime_ns
            if self._read.get(path, (0,))[0] != changed:
                source = path.read_text(encoding="utf-8")
                self._read[path] = (changed, Block(path.stem, source, schema_of(source)))
            yield self._read[path][1]

    def _asset_url(self, name: object) -> str:
        version = 0
        if self.assets and (self.assets / str(name)).is_file():
            version = (self.assets / str(name)).stat().st_mtime_ns // 1_000_000
        return f"/cdn/extensions/{self._handle}/assets/{name}?v={version}"

    def _translated(self, key: object, **values: object) -> str:
        """``t``: from the shopper's language, else from ``locales/en.default.json``."""
        own, english = self._words(f"{language.get()}.json"), self._words("en.default.json")
        text = _word(own, key) or _word(english, key) or f"Translation missing: en.{key}"
        for name, value in values.items():
            text = text.replace("{{ " + name + " }}", str(value))
        return text

    def _words(self, name: str) -> Any:
        path = self._folder / "locales" / name if self._folder else None
        return json.loads(path.read_text(encoding="utf-8")) if path and path.is_file() else {}


def _word(found: Any, key: object) -> str:
    for part in str(key).split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def schema_of(source: str) -> Mapping[str, Any]:
    """The JSON between the schema tags, or nothing."""
    _, _, rest = source.partition("{% schema %}")
    text = rest.partition("{% endschema %}")[0]
    found = json.loads(text) if text.strip() else {}
    return found if isinstance(found, dict) else {}


def _environment(folder: Path | None, asset_url: Any, translated: Any) -> Environment:
    snippets = folder / "snippets" if folder else None
    loader = (
        CachingFileSystemLoader(snippets, ext=".liquid")
        if snippets and snippets.is_dir()
        else DictLoader({})
    )
    environment = Environment(loader=loader)
    environment.add_tag(_Schema)
    environment.add_filter("asset_url", asset_url)
    environment.add_filter("t", translated)
    environment.add_filter("json", lambda value: json.dumps(value).replace("</", "<\\/"))
    environment.add_filter("money", lambda minor: f"€{int(minor) / 100:.2f}")
    environment.add_filter("script_tag", lambda url: f'<script src="{escape(str(url))}"></script>')
    environment.add_filter(
        "stylesheet_tag", lambda url: f'<link rel="stylesheet" href="{escape(str(url))}">'
    )
    return environment


class _Nothing(Node):
    def render_to_output(self, context: Any, buffer: Any) -> int:
        return 0


class _Schema(Tag):
    """``{% schema %}…{% endschema %}`` shows nothing; it was read beforehand."""

    name = "schema"
    end = "endschema"

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        while stream.current.kind != TOKEN_EOF:
            if stream.current.kind == TOKEN_TAG and stream.current.value == self.end:
                break
            next(stream)
        return _Nothing(token)
