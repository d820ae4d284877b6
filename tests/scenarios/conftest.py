"""The whole street on loopback: the local platform, and the sample app in this process or its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
import uvicorn

from example_app import create_handcart
from handcart import Handcart, Settings
from handcart.localshop.config import LOCAL_SECRET, AppConfig
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from handcart.testing import Storefront

ROOT = Path(__file__).parents[2]
SECRETS = "a secret of the scenarios that is long enough"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(shop: LocalShop, *, port: int, folder: Path) -> dict[str, str]:
    return {
        "HANDCART_API_KEY": shop.app.client_id,
        "HANDCART_API_SECRET": LOCAL_SECRET,
        "HANDCART_APP_URL": f"http://127.0.0.1:{port}",
        "HANDCART_PLATFORM_URL": shop.url,
        "HANDCART_SECRETS": SECRETS,
        "HANDCART_DATABASE_URL": f"sqlite:///{folder}/handcart.db",
        "PORT": str(port),
    }


@contextmanager
def local_shop(port: int) -> Iterator[LocalShop]:
    """The shop that knows of an app on ``port``."""
    config = AppConfig.from_toml(
        ROOT / "example_app" / "shopify.app.toml", app_url=f"http://127.0.0.1:{port}"
    )
    with LocalShop(seed(1, at=datetime.now(UTC)), config) as shop:
        yield shop


@dataclass
class Street:
    """A shop and the app that it calls; ``settle()`` waits until nobody has anything to do."""

    shop: LocalShop
    app: Handcart
    url: str
    _browsers: list[Storefront] = field(default_factory=list)

    def browser(self) -> Storefront:
        self._browsers.append(Storefront(self.shop.url))
        return self._browsers[-1]

    def close(self) -> None:
        for browser in self._browsers:
            browser.close()

    def settle(self) -> None:
        """Every webhook is delivered and has had its effect; every task is carried out."""
        until(lambda: self._quiet(), "the street never came to rest")

    def _quiet(self) -> bool:
        assert self.shop.deliveries.flush(timeout=20)
        return unfinished(self.app) == 0 and self.shop.deliveries.flush(timeout=20)


def unfinished(app: Handcart) -> int:
    """How many deliveries and tasks wait that are due now."""
    from sqlalchemy import func, select

    from handcart.storage.outbox import tasks
    from handcart_webhooks.inbox import deliveries

    with app.db.reading() as view:
        return sum(
            view.scalar(
                select(func.count())
                .select_from(table)
                .where(table.c.state == "waiting", table.c.due_at <= app.clock())
            )
            or 0
            for table in (deliveries, tasks)
        )


def until(true: Callable[[], bool], otherwise: str, *, seconds: float = 20) -> None:
    """Wait until ``true()``, looking often; fail with ``otherwise`` when it never is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.02)
    pytest.fail(otherwise)


@contextmanager
def serving(app: Handcart, *, port: int) -> Iterator[None]:
    """Serve ``app`` from a thread of this process, its worker threads included."""
    config = uvicorn.Config(app.asgi(), host="127.0.0.1", port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, "the app did not start")
    yield
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """A shop with the app installed, everything at rest."""
    port = free_port()
    with local_shop(port) as shop:
        settings = Settings.from_env(environment(shop, port=port, folder=tmp_path))
        app = create_handcart(settings)
        app.db.migrate()
        with serving(app, port=port):
            street = Street(shop, app, settings.app_url)
            install(shop)
            street.settle()
            yield street
            street.close()
        app.close()


def install(shop: LocalShop) -> None:
    """Install the app and open it once, as a merchant does in the admin."""
    with requests.Session() as merchant:
        answer = merchant.post(f"{shop.url}/admin/install", timeout=20)
        answer.raise_for_status()
        opened = merchant.get(app_address(merchant, shop), timeout=20)
        opened.raise_for_status()


def app_address(merchant: requests.Session, shop: LocalShop, path: str = "") -> str:
    """The signed address that the admin puts into the app's frame."""
    import html
    import re

    page = merchant.get(f"{shop.url}/admin/apps/{shop.app.handle}{path}", timeout=20)
    page.raise_for_status()
    frame = re.search(r'<iframe[^>]*\ssrc="([^"]+)"', page.text)
    assert frame, "the admin shows no frame"
    return html.unescape(frame[1])


class AppProcess:
    """The sample app in a process of its own, so that it can be killed."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = {**os.environ, **env}
        self.url = env["HANDCART_APP_URL"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **more: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "example_app"], cwd=ROOT, env={**self._env, **more}
        )
        until(self._answers, "the app did not start")

    def wait_for_death(self) -> int:
        """The exit status, once it died: negative for a signal."""
        assert self._process is not None
        return self._process.wait(timeout=30)

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=20)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.ConnectionError:
            return False
