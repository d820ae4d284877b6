"""``make demo``: a shop and the app side by side, and a story that plays itself through them.

Everything goes through real HTTP doors. Each step says what it saw; a step that did not see what
it should ends the story with status 1.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import requests

from .story import Story, StoryFailed

HERE = Path(__file__).parent
FOLDER = HERE.parent / ".build" / "demo"
SHOP_PORT, APP_PORT, MAIL_PORT = 9930, 9931, 9932
_PATIENCE = 20.0


@click.command()
@click.option("--once", is_flag=True, help="exit after the story, with its status")
def main(once: bool) -> None:
    """Play the main job once, then leave everything up for a person to play with."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    shop_port = _free(SHOP_PORT)
    app_port = _free(max(APP_PORT, shop_port + 1))
    shop, app = f"http://127.0.0.1:{shop_port}", f"http://127.0.0.1:{app_port}"
    mail_port = _free(max(MAIL_PORT, app_port + 1))
    env = _environment(shop, app, port=app_port) | {
        "HANDCART_SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
        "HANDCART_MAIL_FROM": "orders@juniper-tea.example",
    }
    with (
        _running("shop", _shop_command(app, shop_port, mail_port), env, f"{shop}/_local/state"),
        _running("app", [sys.executable, "-m", "example_app"], env, f"{app}/healthz"),
    ):
        failed = _play(shop, app)
        if once:
            sys.exit(1 if failed else 0)
        _invite(shop)
        _until_interrupted()


def _play(shop: str, app: str) -> bool:
    """Play the story and say how it ended; True when it failed."""
    began = time.monotonic()
    click.echo(f"\nThe shop is at {shop}, the app at {app}.\n")
    try:
        with Story(shop, app) as story:
            for number, step in enumerate(story.steps(), start=1):
                click.echo(f"  {number}. {step}")
    except StoryFailed as failure:
        click.secho(f"\nThe story failed: {failure}", fg="red", err=True)
        click.echo(f"The logs are in {FOLDER}.", err=True)
        return True
    click.secho(f"\nAll of it was seen, in {time.monotonic() - began:.1f} s.", fg="green")
    return False


def _invite(shop: str) -> None:
    click.echo(
        f"""
Now it is yours (Ctrl-C ends it):

  the storefront     {shop}/            sign in as {Story.EMAIL}, password tea
  the admin          {shop}/admin       Handcart in it: the merchant's home and the counter
  the till           {shop}/pos
  the mails          {shop}/_local/mails/
  behind the scenes  {shop}/_local/     deliveries, the clock, and faults on demand

Open the storefront in two browsers (or one and a private window) and sign in to both.
"""
    )


def _environment(shop: str, app: str, *, port: int) -> dict[str, str]:
    from handcart.localshop.config import LOCAL_SECRET

    return {
        **os.environ,
        "HANDCART_API_KEY": "handcart-local",
        "HANDCART_API_SECRET": LOCAL_SECRET,
        "HANDCART_APP_URL": app,
        "HANDCART_PLATFORM_URL": shop,
        "HANDCART_SECRETS": "a secret for the demo that opens nothing else",
        "HANDCART_DATABASE_URL": f"sqlite:///{FOLDER / 'handcart.db'}",
        "PORT": str(port),
    }


def _shop_command(app: str, port: int, mail_port: int) -> list[str]:
    toml = str(HERE / "shopify.app.toml")
    local = ["local", "--app", toml, "--app-url", app]
    ports = ["--port", str(port), "--mail-port", str(mail_port)]
    return [sys.executable, "-m", "handcart.cli", *local, *ports]


@contextmanager
def _running(name: str, command: list[str], env: dict[str, str], url: str) -> Iterator[None]:
    """Run ``command`` beside us, its output in a log file, from when ``url`` answers."""
    with (FOLDER / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, cwd=HERE.parent, stdout=log, stderr=log)  # noqa: S603
        try:
            _wait_for(url, process)
            yield
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise click.ClickException(f"nothing answers at {url}; the logs are in {FOLDER}")


def _free(wanted: int) -> int:
    """``wanted``, or the next port that nobody listens on; says so."""
    for port in range(wanted, wanted + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                click.echo(f"Port {port} is taken; trying {port + 1}.")
                continue
        return port
    raise click.ClickException(f"no free port from {wanted} on")


def _until_interrupted() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        click.echo("\nClosing the shop.")


if __name__ == "__main__":
    main()
