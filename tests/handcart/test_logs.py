from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from handcart import logs
from handcart.telemetry import about

Read = Callable[[], list[Any]]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def read() -> Read:
    """The lines that were logged for programs."""
    stream = io.StringIO()
    logs.configure("json", stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_for_programs_is_one_object_with_the_ids_of_what_is_in_hand(read: Read) -> None:
    log = logging.getLogger("handcart.relay")
    with about(shop="juniper-tea.myshopify.com", webhook_id="w1"):
        log.warning("delivery %s rests: %s", "w1", "payload_invalid")
    log.info("quiet")
    first, second = read()
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "event": "delivery w1 rests: payload_invalid",
        "level": "warning",
        "logger": "handcart.relay",
        "shop": "juniper-tea.myshopify.com",
        "webhook_id": "w1",
    }
    assert "webhook_id" not in second


def test_an_error_says_where_and_which_kind_but_not_what_was_in_it(read: Read) -> None:
    def explode() -> None:
        email = "mina@example.com"
        raise ValueError(f"no such customer: {email}")

    try:
        explode()
    except ValueError:
        logging.getLogger("handcart").exception("task %s failed", "k1")
    [line] = read()
    assert line["error"] == "ValueError"
    assert [frame.rpartition(" ")[2] for frame in line["at"]][-1] == "explode"
    assert "mina" not in json.dumps(line)


def test_a_line_for_people_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("console")
    logging.getLogger("handcart").warning("%d deliveries wait", 3)
    line = capsys.readouterr().err
    assert "[warning  ] 3 deliveries wait" in line


def test_configuring_again_replaces_only_what_is_ours(read: Read) -> None:
    others = logging.NullHandler()
    logging.getLogger().addHandler(others)
    second = io.StringIO()
    logs.configure("json", stream=second)
    logging.getLogger("handcart").warning("once")
    assert read() == []
    assert len(second.getvalue().splitlines()) == 1
    assert others in logging.getLogger().handlers
