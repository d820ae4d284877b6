"""The app is killed between its 200 and the effect, and started again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from .killable import KillableStreet, day_without_a_crash, killable_street, order_two_pickups
from .story import what_we_know

pytestmark = pytest.mark.server

POINTS = ["claimed:1", "claimed:2", "effect:1", "effect:3", "done:1", "committed:2"]


@pytest.fixture
def street(tmp_path: Path) -> Iterator[KillableStreet]:
    with killable_street(tmp_path) as street:
        yield street


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The end of the same day without a crash."""
    state = day_without_a_crash(tmp_path_factory.mktemp("clean"))
    assert [pickup[1] for pickup in state["pickups"]] == ["requested", "requested"]
    return state


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_between_the_answer_and_the_effect_changes_nothing_in_the_end(
    street: KillableStreet, clean: dict[str, Any], point: str
) -> None:
    street.process.stop()
    street.process.start(HANDCART_CRASH_AT=point)
    order_two_pickups(street.shop)
    assert street.process.wait_for_death() == -9
    street.process.start()
    street.shop.advance(4 * 3600)
    street.settle()
    assert what_we_know(street.db) == clean
    assert requests.get(f"{street.process.url}/readyz", timeout=5).json() == {"status": "ready"}
