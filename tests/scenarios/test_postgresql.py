"""Kills and misfortunes on PostgreSQL, where other processes go on with what one had in hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from example_app import create_handcart
from handcart.testing import open_street
from handcart.testing.street import until

from .conftest import TOML
from .killable import KillableStreet, day_without_a_crash, killable_street, order_two_pickups
from .story import end_state, tell, what_we_know

pytestmark = pytest.mark.server


@pytest.fixture
def street(tmp_path: Path, postgresql_url: str) -> Iterator[KillableStreet]:
    with killable_street(tmp_path, postgresql_url) as street:
        yield street


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The end of the same day on SQLite, without a crash."""
    return day_without_a_crash(tmp_path_factory.mktemp("clean"))


@pytest.mark.parametrize("point", ["claimed:1", "effect:2", "done:1"])
def test_another_process_goes_on_within_ten_seconds_of_a_kill(
    street: KillableStreet, clean: dict[str, Any], point: str
) -> None:
    street.process.stop()
    street.process.start(HANDCART_CRASH_AT=point)
    order_two_pickups(street.shop)
    street.another().start()
    assert street.process.wait_for_death() == -9
    died = time.monotonic()
    until(lambda: street.unfinished() == 0, "nobody took over", seconds=30)
    assert time.monotonic() - died < 10
    street.process.start()
    street.shop.advance(4 * 3600)
    street.settle()
    assert what_we_know(street.db) == clean


def test_a_process_that_is_started_again_goes_on_when_its_leases_have_run_out(
    street: KillableStreet, clean: dict[str, Any]
) -> None:
    street.process.stop()
    street.process.start(HANDCART_CRASH_AT="committed:1")
    order_two_pickups(street.shop)
    assert street.process.wait_for_death() == -9
    street.process.start()
    street.shop.advance(4 * 3600)
    street.settle()
    assert what_we_know(street.db) == clean


def test_a_bad_day_ends_like_the_clean_one(tmp_path: Path, postgresql_url: str) -> None:
    """Every webhook twice at once and half of them out of order; SQLite has the clean day."""
    with open_street(create_handcart, toml=TOML, folder=tmp_path) as street:
        tell(street)
        clean = end_state(street)
    with open_street(
        create_handcart, toml=TOML, folder=tmp_path, database_url=postgresql_url
    ) as street:
        street.shop.faults.add("twice_at_once", probability=0.5)
        street.shop.faults.add("reorder", probability=0.5, copies=2)
        tell(street)
        street.shop.faults.clear()
        street.settle()
        street.shop.advance(600)
        street.settle()
        assert end_state(street) == clean
