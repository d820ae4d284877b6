"""The whole street on loopback: the local platform, and the sample app beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import requests

from example_app import create_handcart
from handcart.testing import Street, open_street
from handcart.testing.street import until
from handcart_webhooks.handlers import HANDLERS, Handler

ROOT = Path(__file__).parents[2]
TOML = ROOT / "example_app" / "shopify.app.toml"


@pytest.fixture(autouse=True, scope="module")
def handlers_as_they_were() -> Iterator[None]:
    """An app with a ledger wraps the handlers of the whole process; nobody else has that table."""
    handlers, known = cast(dict[str, Handler], HANDLERS), dict(HANDLERS)
    yield
    handlers.clear()
    handlers.update(known)


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    with open_street(create_handcart, toml=TOML, folder=tmp_path) as street:
        yield street


class AppProcess:
    """An app in a process of its own, so that it can be killed: the sample app unless told."""

    def __init__(self, env: dict[str, str], *, module: str = "example_app") -> None:
        self._env = {**os.environ, **env}
        self._module = module
        self.url = env["HANDCART_APP_URL"]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, *under: str, **more: str) -> None:
        """Return when it answers, or has died on its way; ``under`` is a program that runs it."""
        command = [*under, sys.executable, "-m", self._module]
        self._process = subprocess.Popen(command, cwd=ROOT, env={**self._env, **more})
        until(lambda: self._answers() or not self.is_alive, "the app did not start", seconds=90)

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """As a power cut would: nothing is finished."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def wait_for_death(self) -> int:
        """The exit status, once it died: negative for a signal."""
        assert self._process is not None
        return self._process.wait(timeout=90)

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=20)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False
