"""The blueprint keeps every promise of the edge: the same tests, through a Flask app."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from handcart import Handcart
from handcart.serving import as_asgi
from handcart.testing.street import free_port
from handcart_webhooks import Receiver
from handcart_webhooks.blueprint import receiving
from handcart_webhooks.committer import Answer, Committer, Handed
from handcart_webhooks.door import Door
from tests.test_docs import ROOT, files

from . import test_edge
from .conftest import Client, headers
from .test_edge import CART, kept

globals().update({name: one for name, one in vars(test_edge).items() if name.startswith("test_")})


def receiver(app: Handcart) -> Receiver:
    settings = app.settings
    return Receiver(secrets=settings.api_secrets, max_body=settings.max_body, clock=app.clock)


@pytest.fixture
def client(app: Handcart) -> Iterator[Client]:
    """Posts to a Flask app with the blueprint; like gunicorn, the bridge ends every body."""
    committer = Committer(app.db, committed=lambda: None)
    flask = Flask("somebodys")
    flask.register_blueprint(receiving(Door(receiver(app), committer)))

    def wsgi(environ: dict[str, Any], start_response: Any) -> Any:
        return flask({**environ, "wsgi.input_terminated": True}, start_response)

    yield Client(as_asgi(wsgi, threads=16))
    committer.close()


@dataclass
class Slow:
    """A committer that answers when the test lets it."""

    has_room: bool = True
    waiting: Future[Answer] = field(default_factory=Future)

    def offer(self, handed: Sequence[Handed]) -> None:
        for _, answer in handed:
            if self.has_room:
                self.waiting.set_result(answer)
            else:
                answer(TimeoutError())


def test_hooks_of_the_app_have_no_part_in_webhooks(app: Handcart) -> None:
    flask = Flask("somebodys")
    flask.before_request(lambda: ("sign in first", 403))
    flask.register_blueprint(app.receiver())
    try:
        flask.add_url_rule("/page", "page", lambda: "a page")
        answer = flask.test_client().post(
            "/webhooks", data=CART, headers=headers("carts/update", CART)
        )
        assert (answer.status_code, kept(app)) == (200, 1)
        assert flask.test_client().get("/page").status_code == 403
    finally:
        app.close()


def mounted(app: Handcart, committer: Slow, **options: Any) -> Callable[[], TestResponse]:
    """Posts one signed delivery to a Flask app with that committer."""
    flask = Flask("somebodys")
    flask.register_blueprint(receiving(Door(receiver(app), cast(Committer, committer)), **options))

    def post() -> TestResponse:
        sent = headers("carts/update", CART)
        return flask.test_client().post("/webhooks", data=CART, headers=sent)

    return post


def test_nothing_is_acknowledged_before_the_commit_that_holds_it(app: Handcart) -> None:
    slow = Slow()
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(mounted(app, slow))
        committed = slow.waiting.result(10)
        assert not answer.done()
        committed(None)
        assert answer.result(10).status_code == 200


@pytest.mark.parametrize(
    ("slow", "options"), [(Slow(has_room=False), {}), (Slow(), {"patience": 0.01})]
)
def test_a_store_that_is_full_or_slow_is_said_before_the_platform_gives_up(
    app: Handcart, slow: Slow, options: dict[str, float]
) -> None:
    answer = mounted(app, slow, **options)()
    assert (answer.status_code, answer.json) == (503, {"error": {"code": "store_busy"}})
    assert answer.headers["Retry-After"] == "5"


def test_it_is_mounted_beside_the_pages_of_somebody_elses_app(app: Handcart) -> None:
    flask = Flask("somebodys")
    flask.register_blueprint(app.receiver(), url_prefix="/shop")
    flask.add_url_rule("/", view_func=lambda: "mine")
    browser = flask.test_client()
    sent = headers("carts/update", CART)
    assert browser.get("/").text == "mine"
    assert browser.post("/shop/webhooks", data=CART, headers=sent).status_code == 200
    assert kept(app) == 1


@contextmanager
def gunicorn(app: Handcart, folder: Path) -> Iterator[str]:
    """The program of the how-to, served by gunicorn until told to end."""
    program = files(ROOT / "docs" / "howto" / "flask.md")["wsgi.py"]
    (folder / "wsgi.py").write_text(program)
    port, settings = free_port(), app.settings
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HANDCART_API_KEY": settings.api_key,
        "HANDCART_API_SECRET": settings.api_secret,
        "HANDCART_APP_URL": settings.app_url,
        "HANDCART_SECRETS": ",".join(settings.secrets),
        "HANDCART_DATABASE_URL": settings.database_url,
    }
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--threads", "16"]
    command += ["--bind", f"127.0.0.1:{port}", "wsgi:flask"]
    with subprocess.Popen(command, cwd=folder, env=env) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/", process)
            yield f"http://127.0.0.1:{port}/webhooks"
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            httpx.get(url, timeout=1)
            return
        except httpx.TransportError:
            assert process.poll() is None
            time.sleep(0.1)
    raise AssertionError("gunicorn does not answer")


@pytest.mark.server
def test_the_program_of_the_how_to_keeps_every_delivery_once_under_gunicorn(
    installed: Handcart, sqlite_url: str, tmp_path: Path
) -> None:
    ids = [f"w{number % 100}" for number in range(300)]
    with gunicorn(installed, tmp_path) as url, httpx.Client() as session:

        def post(webhook_id: str) -> int:
            sent = headers("carts/update", CART, Webhook_Id=webhook_id)
            return session.post(url, content=CART, headers=sent).status_code

        with ThreadPoolExecutor(16) as threads:
            assert list(threads.map(post, ids)) == [200] * 300
        large = iter([bytes(5 * 1024 * 1024), b"!"])  # chunked: its length is not announced
        refused = session.post(url, content=large, headers=headers("carts/update", b""))
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "body_too_large")
        assert session.get(url).headers["allow"] == "POST"
    assert kept(installed) == 100
