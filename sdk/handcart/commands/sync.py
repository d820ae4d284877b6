"""``handcart sync``: make the platform's subscriptions agree with what the code handles."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from ..app import Handcart
from ..errors import HandcartError, UserErrors
from ..loading import SAMPLE, load_app
from ..shops import store
from ..subscriptions import shops
from ..subscriptions.model import Change, Wanted
from ..subscriptions.toml import COMPLIANCE, PATH, rewritten, topics_in

_SIGNS = {"create": "+", "update": "~", "delete": "-", "keep": "=", "taken": "!"}


@click.command()
@click.argument("app", default=SAMPLE)
@click.option("--plan/--apply", "only_plan", default=True, help="show what would change, or do it")
@click.option(
    "--toml",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="the app's shopify.app.toml: every topic goes there, and none to the shops",
)
@click.option("--shop", "only", help="this shop alone")
@click.option("--after", default="", help="go on behind this shop")
def sync(app: str, only_plan: bool, toml: Path | None, only: str | None, after: str) -> None:
    """Compare what APP handles with what the platform sends, and make them agree.

    With --toml the [webhooks] part of that file is written, for `shopify app deploy` to send; a
    shop's own subscriptions for the same topics are then taken away. Without, each installed shop
    gets its own. Only what is named handcart-… is ever changed. May be interrupted and run again.
    Ends with status 1 when something is not as it should be and was not mended.
    """
    handcart = load_app(app)
    try:
        good = toml is None or _file(handcart, toml, only_plan=only_plan)
        for shop in _shops(handcart, only, after):
            good &= _shop(handcart, shop, _wanted(handcart, toml), only_plan=only_plan)
    finally:
        handcart.close()
    sys.exit(0 if good else 1)


def _file(handcart: Handcart, path: Path, *, only_plan: bool) -> bool:
    """True when the file is as it should be, or was made so."""
    before = path.read_text(encoding="utf-8")
    after = rewritten(
        path,
        handcart.topics() - handcart.subscriptions.of_shops,
        api_version=handcart.settings.api_version,
        special=handcart.subscriptions.special,
    )
    if before == after:
        click.echo(f"{path.name}: as it should be")
        return True
    lines = (before.splitlines(), after.splitlines())
    for line in difflib.unified_diff(*lines, path.name, path.name, lineterm=""):
        click.echo(line)
    if not only_plan:
        path.write_text(after, encoding="utf-8")
        click.echo(f"{path.name}: written; `shopify app deploy` makes it so")
    return not only_plan


def _wanted(handcart: Handcart, toml: Path | None) -> Sequence[Wanted]:
    """What each shop is to have: the topics that come to it by no file."""
    by_file = topics_in(toml) if toml else frozenset(COMPLIANCE)
    if toml:
        by_file |= handcart.topics() - handcart.subscriptions.of_shops
    uri = handcart.settings.app_url + PATH
    return handcart.subscriptions.wanted(handcart.topics() - by_file, uri=uri)


def _shops(handcart: Handcart, only: str | None, after: str) -> Iterator[str]:
    with handcart.db.reading() as view:
        live = store.live_shops(view)
    yield from (shop for shop in live if shop > after and only in (None, shop))


def _shop(handcart: Handcart, shop: str, wanted: Sequence[Wanted], *, only_plan: bool) -> bool:
    """True when the shop is as it should be, or was made so; what it cannot be is said."""
    try:
        admin = handcart.admin(shop)
        changes = shops.plan_for(admin, wanted)
        _show(shop, changes)
        needed = [change for change in changes if change.is_needed]
        if only_plan:
            return not needed
        done = [_carried_out(handcart, shop, change) for change in needed]
        return all(done)
    except HandcartError as error:
        click.echo(f"{shop}: {error.code}: {error}")
        return False


def _carried_out(handcart: Handcart, shop: str, change: Change) -> bool:
    try:
        shops.carry_out(handcart.admin(shop), change)
    except UserErrors as refused:
        for one in refused.errors:
            click.echo(f"  {change.topic}: {'.'.join(one.field)}: {one.message}")
        return False
    return True


def _show(shop: str, changes: Sequence[Change]) -> None:
    same = sum(change.kind == "keep" for change in changes)
    click.echo(f"{shop}: {same} as they should be")
    for change in changes:
        if change.kind != "keep":
            why = f" ({'; '.join(change.why)})" if change.why else ""
            click.echo(f"  {_SIGNS[change.kind]} {change.topic}{why or _whose(change)}")


def _whose(change: Change) -> str:
    if change.kind != "taken" or change.held is None:
        return ""
    return f" (sent to us already by {change.held.name or 'one without a name'}, left as it is)"
