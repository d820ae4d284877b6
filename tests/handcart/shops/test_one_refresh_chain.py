"""Two processes, eight threads each, one token that is over, and a network that is cut.

``HANDCART_REFRESH_ROUNDS`` is how often (``make soak``: 200).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from handcart.keys import Keyring
from handcart.localshop import tokens
from handcart.localshop.clock import Clock
from handcart.localshop.seed import seed
from handcart.platform.shopify.auth import Auth
from handcart.settings import Settings
from handcart.shops import service
from handcart.shops.grants import Grants
from handcart.storage import Database
from tests.handcart.platform.shopify.conftest import SHOP, SampleApp
from tests.handcart.shops.cut import STEPS, Network, serving

ROUNDS = int(os.environ.get("HANDCART_REFRESH_ROUNDS", "12"))
REFRESHER = Path(__file__).with_name("refresher.py")
# What may go wrong while the network is cut: later, and never for good.
PASSING = {"tokens_unavailable", "tokens_malformed", "tokens_busy"}

pytestmark = [pytest.mark.server, pytest.mark.timeout(60 + 10 * ROUNDS)]


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@contextmanager
def process(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "HANDCART_API_KEY": settings.api_key,
        "HANDCART_API_SECRET": settings.api_secret,
        "HANDCART_APP_URL": settings.app_url,
        "HANDCART_SECRETS": ",".join(settings.secrets),
        "HANDCART_DATABASE_URL": settings.database_url,
        "HANDCART_PLATFORM_URL": settings.platform_url,
    }
    command = [sys.executable, str(REFRESHER), SHOP]
    with subprocess.Popen(
        command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        yield running
        assert running.stdin is not None
        running.stdin.close()
        assert running.wait(30) == 0


def ask(running: list[subprocess.Popen[str]], at: datetime) -> list[tuple[str, str]]:
    """What sixteen threads of the processes got when they all asked at once."""
    for one in running:
        assert one.stdin is not None
        one.stdin.write(f"{at.timestamp()}\n")
        one.stdin.flush()
    answers = []
    for one in running:
        assert one.stdout is not None
        answers += [(kind, what) for kind, what in json.loads(one.stdout.readline())]
    return answers


def test_one_refresh_chain_and_no_lost_token(url: str, settings: Settings, at: datetime) -> None:
    chance = random.Random(7)
    world = seed(1, at, clock=Clock.stopped(at))
    network = Network(world)
    settings = replace(settings, api_secret="shpss_0123456789abcdef0123456789abcdef")
    app = SampleApp(settings.api_key, settings.api_secret)
    tokens.install(world, app)
    with ExitStack() as stack:
        there = stack.enter_context(serving(network))
        settings = replace(settings, database_url=url, platform_url=there)
        install(settings, world.clock.now(), tokens.mint_id_token(world, app, 1, datetime.now(UTC)))
        running = [stack.enter_context(process(settings)) for _ in range(2)]
        seen = set()
        for number in range(ROUNDS):
            world.clock.advance(7200)
            now = world.clock.now()
            # Every step in turn, and then any number of them: an outage can outlast our patience.
            network.cuts = [STEPS[number % len(STEPS)]] + chance.choices(STEPS, k=number % 5)
            got = ask(running, now)
            assert {what for kind, what in got if kind == "error"} <= PASSING
            network.cuts = []
            healed = ask(running, now + timedelta(seconds=1))
            renewed = {what for _, what in healed}
            assert len(renewed) == 1, healed
            assert tokens.find_access(world, renewed.pop()) is not None
            assert {what for kind, what in got if kind == "token"} <= {healed[0][1]}
            assert healed[0][1] not in seen
            seen.add(healed[0][1])
    # Nobody ever presented a dead token, and each round spent one link of one chain, or as many
    # as answers were lost.
    assert set(network.statuses) == {200}
    assert len(network.statuses) >= ROUNDS + 1


def install(settings: Settings, at: datetime, id_token: str) -> None:
    db = Database(settings.database_url)
    with requests.Session() as session:
        grants = Grants(
            Auth(settings, session), db=db, keyring=Keyring(settings.secrets), clock=lambda: at
        )
        grants.ensure(SHOP, id_token)
    with db.reading() as view:
        assert service.installation_of(view, SHOP).sealed_refresh is not None
    db.close()
