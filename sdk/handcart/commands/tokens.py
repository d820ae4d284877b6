"""``handcart tokens reseal`` and ``handcart tokens migrate``."""

from __future__ import annotations

import sys

import click

from ..app import Handcart
from ..errors import HandcartError
from ..loading import SAMPLE, load_app
from ..shops import store
from ..shops.resealing import reseal as reseal_all


@click.group()
def tokens() -> None:
    """Look after the tokens of the shops."""


@tokens.command()
@click.argument("app", default=SAMPLE)
def reseal(app: str) -> None:
    """Seal every token of APP with the newest of HANDCART_SECRETS.

    Afterwards the tokens need no older secret. Ends with status 1 when some cannot be read.
    """
    handcart = load_app(app)
    try:
        found = reseal_all(handcart.db, handcart.keyring)
    finally:
        handcart.close()
    click.echo(f"{found.sealed} sealed anew, {found.current} were already")
    for shop in found.unreadable:
        click.echo(f"{shop}: no secret of ours opens its tokens; its merchant opens the app again")
    sys.exit(1 if found.unreadable else 0)


@tokens.command()
@click.argument("app", default=SAMPLE)
def migrate(app: str) -> None:
    """Turn the permanent tokens of APP's shops into expiring ones.

    May be interrupted and run again. Ends with status 1 when some shop could not be done.
    """
    handcart = load_app(app)
    try:
        with handcart.db.reading() as view:
            shops = store.live_shops(view)
        failed = [shop for shop in shops if not _migrated(handcart, shop)]
    finally:
        handcart.close()
    sys.exit(1 if failed else 0)


def _migrated(handcart: Handcart, shop: str) -> bool:
    try:
        if handcart.grants.make_expiring(shop):
            click.echo(f"{shop}: done")
    except HandcartError as error:
        click.echo(f"{shop}: {error.code}: {error}")
        return False
    return True
