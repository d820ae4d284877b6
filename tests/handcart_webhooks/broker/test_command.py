from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import orjson
import pytest
from click.testing import CliRunner

from handcart.cli import main
from handcart.errors import SettingsError
from handcart.settings import check_broker
from handcart_webhooks import broker
from tests.handcart_webhooks.conftest import Client
from tests.rabbitmq import Node

from .test_one_broker import CART, tries_in_vain

APP = "example_app:create_handcart"


@pytest.fixture
def env(settings_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in settings_env.items():
        monkeypatch.setenv(name, value)
    yield


@pytest.fixture
def settings_env(database_url: str) -> dict[str, str]:
    return {
        "HANDCART_API_KEY": "handcart-local",
        "HANDCART_API_SECRET": "hush",
        "HANDCART_APP_URL": "http://127.0.0.1:9931",
        "HANDCART_SECRETS": "a secret of the tests that is long enough",
        "HANDCART_DATABASE_URL": database_url,
    }


MALFORMED = ["", "mq1", "http://mq1", "amqp://", "amqp://mq1;", "amqp://mq1;mq2", "redis://mq1"]


@pytest.mark.parametrize("address", MALFORMED)
def test_what_is_no_address_of_a_broker_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="HANDCART_RECEIVE_VIA looks like") as refused:
        check_broker(address)
    assert refused.value.code == "broker_address_malformed"


@pytest.mark.parametrize(
    "address", ["amqp://mq1", "amqps://user:pw@mq1:5671/shop", "amqp://mq1;amqp://mq2;amqp://mq3"]
)
def test_one_broker_or_several_may_be_named(address: str) -> None:
    check_broker(address)


@pytest.mark.usefixtures("env")
def test_without_a_broker_there_is_nothing_to_show() -> None:
    with pytest.raises(SettingsError, match="set HANDCART_RECEIVE_VIA"):
        CliRunner().invoke(main, ["broker", APP], catch_exceptions=False)


@pytest.mark.usefixtures("env")
def test_a_broker_that_does_not_answer_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HANDCART_RECEIVE_VIA", "amqp://127.0.0.1:1")
    shown = CliRunner().invoke(main, ["broker", APP])
    assert shown.exit_code == 1
    assert shown.output.startswith("no broker: ")
    assert len(shown.output.splitlines()) == 1


@pytest.mark.server
@pytest.mark.usefixtures("env")
def test_what_waits_and_what_rests_is_shown_and_released(
    client: Client, rabbit: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDCART_RECEIVE_VIA", rabbit.url)
    run = CliRunner()
    assert run.invoke(main, ["broker", APP, "--check"]).exit_code == 0
    assert client.post("carts/update", CART, Webhook_Id="w1").status_code == 200
    assert "1 wait, 0 rest" in run.invoke(main, ["broker", APP]).output
    tries_in_vain(rabbit)
    checked = run.invoke(main, ["broker", APP, "--check"])
    assert checked.exit_code == 1
    assert "0 wait, 1 rest" in checked.output
    released = orjson.loads(run.invoke(main, ["broker", APP, "--json", "--replay"]).output)
    assert released["released"] == 1
    assert released["queues"]["handcart.dead"] == 0
    assert sum(released["queues"].values()) == 1


def test_without_the_library_it_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kombu", None)
    with pytest.raises(SettingsError, match="handcart\\[rabbitmq\\]") as refused:
        broker.make_publisher("amqp://127.0.0.1:1")
    assert refused.value.code == "broker_library_missing"


def test_nothing_but_a_broker_needs_the_library() -> None:
    program = (
        "import sys; sys.modules['kombu'] = sys.modules['amqp'] = None; "
        "import handcart_webhooks.commands; from handcart_webhooks import Engine"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("command", ["serve", "work"])
def test_the_command_line_takes_the_address_of_a_broker_and_of_nothing_else(command: str) -> None:
    with pytest.raises(SettingsError, match="HANDCART_RECEIVE_VIA looks like"):
        CliRunner().invoke(
            main, [command, APP, "--receive-via", "redis://mq1"], catch_exceptions=False
        )
