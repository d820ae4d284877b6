"""``handcart doctor``: what is weak about this app, each with the way out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ..app import Handcart
from ..doctor import Finding, look_at, look_here, look_into
from ..errors import SettingsError
from ..loading import SAMPLE, load_app
from ..localshop.config import AppConfig
from ..shops import store


@click.command()
@click.argument("app", default=SAMPLE)
@click.option(
    "--toml",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="the app's shopify.app.toml",
)
@click.option("--shop", "only", help="this shop alone")
def doctor(app: str, toml: Path | None, only: str | None) -> None:
    """Name everything that is weak about APP's settings, file and shops, with the way out.

    Ends with status 1 when there is anything.
    """
    try:
        handcart = load_app(app)
    except SettingsError as error:
        _say(Finding(error.code, "the app cannot start", str(error)))
        sys.exit(1)
    try:
        findings = list(_look(handcart, toml, only))
    finally:
        handcart.close()
    for finding in findings:
        _say(finding)
    click.echo("all is well" if not findings else f"{len(findings)} to mend")
    sys.exit(1 if findings else 0)


def _look(handcart: Handcart, toml: Path | None, only: str | None) -> Iterator[Finding]:
    here = list(look_here(handcart))
    yield from here
    if toml:
        yield from look_into(handcart, toml)
    if any(finding.code.startswith("database_") for finding in here):
        return
    scopes = _scopes(toml)
    with handcart.db.reading() as view:
        live = store.live_shops(view)
    for shop in live:
        if only in (None, shop):
            yield from look_at(handcart, shop, scopes=scopes)


def _scopes(toml: Path | None) -> tuple[str, ...]:
    try:
        return AppConfig.from_toml(toml).scopes if toml else ()
    except SettingsError:
        return ()  # said already


def _say(finding: Finding) -> None:
    click.echo(f"{finding.code}: {finding.text}\n    {finding.way_out}")
