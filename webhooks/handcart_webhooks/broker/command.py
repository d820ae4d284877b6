"""``handcart broker``: what waits in front of the inbox, and what rests there."""

from __future__ import annotations

import click
import orjson

from handcart.errors import SettingsError
from handcart.loading import load_app


@click.command("broker")
@click.argument("app", default="example_app:create_handcart")
@click.option("--json", "as_json", is_flag=True, help="for programs")
@click.option("--check", is_flag=True, help="exit 1 when something rests with the dead letters")
@click.option("--replay", is_flag=True, help="let the dead letters be read again")
def broker_command(app: str, as_json: bool, check: bool, replay: bool) -> None:
    """How many messages wait in each queue of APP's broker, and how many rest.

    Exits 1 when the broker does not answer.
    """
    from .link import LINK_ERRORS

    try:
        _show(_address(app), as_json=as_json, check=check, replay=replay)
    except LINK_ERRORS as error:
        click.echo(f"no broker: {type(error).__name__}: {error}", err=True)
        raise SystemExit(1) from error


def _address(app: str) -> str:
    handcart = load_app(app)
    handcart.close()
    if handcart.settings.receive_via is None:
        raise SettingsError("setting_missing", "set HANDCART_RECEIVE_VIA")
    return handcart.settings.receive_via


def _show(address: str, *, as_json: bool, check: bool, replay: bool) -> None:
    from . import dead_letters

    released = dead_letters.release(address) if replay else 0
    depths = dead_letters.depths(address)
    *queues, dead = depths
    if as_json:
        found = {"queues": {each.queue: each.waiting for each in depths}, "released": released}
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    else:
        for each in depths:
            click.echo(f"{each.queue:<22}{each.waiting:>8} waiting{each.consumers:>4} consumers")
        click.echo(f"{sum(each.waiting for each in queues)} wait, {dead.waiting} rest")
        if replay:
            click.echo(f"{released} released")
    if check and dead.waiting:
        raise SystemExit(1)
