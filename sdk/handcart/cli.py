"""``handcart serve``, ``handcart work``, ``handcart local``: the command line."""

from __future__ import annotations

import os
import signal
import threading
from importlib.metadata import entry_points
from pathlib import Path

import click

from .app import utc_now
from .commands import COMMANDS
from .loading import load_app as load_app
from .logs import Form, configure
from .settings import check_broker


class Commands(click.Group):
    """Our own commands, and those that the webhook engine brings along."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_of_the_engine()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or _of_the_engine().get(cmd_name)


def _of_the_engine() -> dict[str, click.Command]:
    engines = [entry.load() for entry in entry_points(group="handcart.engines")]
    return {str(each.name): each for engine in engines for each in engine.commands()}


@click.group(cls=Commands)
@click.version_option(package_name="handcart")
@click.option(
    "--logs",
    type=click.Choice(["console", "json"]),
    default="console",
    show_default=True,
    envvar="HANDCART_LOGS",
    help="how log lines look",
)
def main(logs: Form) -> None:
    """Carts that follow the shopper; orders that wait at the counter."""
    configure(logs)


def _via(context: click.Context, option: click.Parameter, address: str | None) -> str | None:
    """As if it had been in the environment when the app was made."""
    if address:
        check_broker(address)
        os.environ["HANDCART_RECEIVE_VIA"] = address
    return address


_receive_via = click.option(
    "--receive-via",
    callback=_via,
    expose_value=False,
    metavar="AMQP",
    help="acknowledge webhooks once this broker has them (HANDCART_RECEIVE_VIA)",
)


for command in COMMANDS:
    main.add_command(command)


@main.command()
@click.argument("app", default="example_app:create_handcart")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=9931, show_default=True)
@_receive_via
def serve(app: str, host: str, port: int) -> None:
    """Serve APP (module:attribute): webhooks, pages and worker threads in one process."""
    from .serving import run

    handcart = load_app(app)
    handcart.db.migrate()
    try:
        run(handcart.asgi(), host=host, port=port)
    finally:
        handcart.close()


@main.command()
@click.argument("app", default="example_app:create_handcart")
@_receive_via
def work(app: str) -> None:
    """Run only the worker threads of APP, until interrupted."""
    from .serving import settle

    handcart = load_app(app)
    handcart.db.migrate()
    handcart.start()
    settle()
    _until_interrupted()
    handcart.close()


@main.command()
@click.option("--app", "toml", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--app-url", required=True, help="where the app answers")
@click.option("--secret", envvar="HANDCART_API_SECRET", required=True, help="the app's secret")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=9930, show_default=True)
@click.option("--mail-port", default=9932, show_default=True, help="takes mails, 0: any free port")
@click.option("--seed", default=1, show_default=True)
def local(
    toml: Path, app_url: str, secret: str, host: str, port: int, mail_port: int, seed: int
) -> None:
    """Run a shop on this machine that installs the app of TOML and calls its webhooks."""
    from .localshop.config import AppConfig
    from .localshop.seed import seed as seeded
    from .localshop.server import LocalShop

    app = AppConfig.from_toml(toml, app_url=app_url, client_secret=secret)
    world = seeded(seed, at=utc_now())
    with LocalShop(world, app, host=host, port=port, mail_port=mail_port) as shop:
        click.echo(f"the shop is open at {shop.url} (faults and deliveries: {shop.url}/_local/)")
        post = f"smtp://127.0.0.1:{shop.mailbox.port}"
        click.echo(f"mails sent to {post} are at {shop.url}/_local/mails/")
        _until_interrupted()


def _until_interrupted() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


if __name__ == "__main__":
    main()
