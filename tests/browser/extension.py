"""An extension of the till, built as the platform's command line does it, in a page of its own."""

from __future__ import annotations

import json
import subprocess
import tomllib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from handcart.localshop.tokens import mint_id_token
from handcart.testing import Street
from tests.platform.node import installed

ROOT = Path(__file__).parents[2] / "example_app" / "extensions"
PACKAGES = (
    "esbuild@0.25.10",
    "preact@10.27.2",
    "@preact/signals@2.3.2",
    "@shopify/ui-extensions@2026.7.4",
)
# What the platform puts round an extension; a path alone is the app's own address.
AROUND = """
const words = %(words)s;
const plain = window.fetch.bind(window);
window.fetch = (path, init) => plain(new URL(path, %(app)s), init);
window.presented = 0;
window.shopify = {
  session: {
    currentSession: { locationId: %(location)d },
    getSessionToken: async () => window.token(),
  },
  i18n: {
    translate: (key, more = {}) =>
      words[key].replace(/{{(\\w+)}}/g, (_, name) => more[name]),
  },
  action: { presentModal: () => { window.presented += 1; } },
};
"""


@cache
def targets(name: str) -> dict[str, Path]:
    """Target to module, as the extension's own file names them."""
    folder = ROOT / name
    told = tomllib.loads((folder / "shopify.extension.toml").read_text())
    [extension] = told["extensions"]
    return {each["target"]: folder / each["module"] for each in extension["targeting"]}


def built(module: Path) -> str:
    """The bundle of a module, as a script."""
    home = installed(*PACKAGES)
    command = [
        str(home / "node_modules" / ".bin" / "esbuild"),
        "--bundle",
        "--minify",
        "--format=iife",
        "--global-name=extension",
        "--target=es2022",
        "--jsx=automatic",
        "--jsx-import-source=preact",
        str(module),
    ]
    env = {"NODE_PATH": str(home / "node_modules"), "PATH": "/usr/bin:/bin:/usr/local/bin"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def open_target(
    street: Street, context: BrowserContext, name: str, target: str, *, location_id: int
) -> Page:
    """The target's view at the till of that location, signed in as the shop's first staff."""
    world, page = street.shop.world, context.new_page()
    words = json.loads((ROOT / name / "locales" / "en.default.json").read_text())
    staff = next(iter(world.staff))
    page.expose_function(
        "token", lambda: mint_id_token(world, street.shop.app, staff, datetime.now(UTC))
    )
    around = {"words": json.dumps(words), "app": json.dumps(street.url), "location": location_id}
    page.add_script_tag(content=AROUND % around)
    page.add_script_tag(content=built(targets(name)[target]) + "\nextension.default();")
    return page
