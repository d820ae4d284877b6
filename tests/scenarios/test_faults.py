from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from example_app import create_handcart
from handcart.testing import Street, open_street
from handcart_webhooks.replay import Wanted
from handcart_webhooks.replay import replay as replay_rows

from .conftest import TOML
from .story import end_state, tell

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """How the day ends when every webhook comes once, in order and at once."""
    with open_street(create_handcart, toml=TOML, folder=tmp_path_factory.mktemp("clean")) as street:
        tell(street)
        return end_state(street)


def test_the_clean_day_ends_as_the_story_says(clean: dict[str, Any]) -> None:
    assert [state for _, state, _ in clean["pickups"]] == ["collected", "cancelled"]
    [(_, lines)] = clean["carts"]
    assert [quantity for _, quantity in lines] == [1]
    assert clean["fulfilled"] == 2  # the pickup and the sale at the till


MISFORTUNES: dict[str, list[dict[str, Any]]] = {
    "every webhook twice": [{"fault": "duplicate"}],
    "every webhook twice at once": [{"fault": "twice_at_once"}],
    "five times each": [{"fault": "duplicate", "copies": 4}],
    "half of them out of order": [{"fault": "reorder", "probability": 0.5}],
    "one in three overtaken by three": [{"fault": "reorder", "probability": 0.3, "copies": 3}],
    "duplicates out of order": [
        {"fault": "duplicate", "probability": 0.5},
        {"fault": "reorder", "probability": 0.5, "copies": 2},
    ],
}


@pytest.mark.parametrize("name", MISFORTUNES)
def test_a_bad_day_ends_like_the_clean_one(
    name: str, clean: dict[str, Any], tmp_path: Path
) -> None:
    with open_street(create_handcart, toml=TOML, folder=tmp_path) as street:
        for rule in MISFORTUNES[name]:
            street.shop.faults.add(**rule)
        tell(street)
        street.shop.faults.clear()
        catch_up(street)
        assert end_state(street) == clean


def test_a_broken_signature_costs_time_and_nothing_else(
    clean: dict[str, Any], tmp_path: Path
) -> None:
    with open_street(create_handcart, toml=TOML, folder=tmp_path) as street:
        street.shop.faults.add("corrupt_signature")
        tell(street, settle=catch_up)
        assert end_state(street) == clean
        attempts = [len(delivery.attempts) for delivery in street.shop.deliveries.log()]
        assert set(attempts) == {2}


def catch_up(street: Street) -> None:
    """What was refused or held back comes again in the minutes that follow."""
    street.settle()
    street.shop.advance(600)
    street.settle()


def test_replaying_the_whole_day_ends_like_the_day(clean: dict[str, Any], tmp_path: Path) -> None:
    with open_street(create_handcart, toml=TOML, folder=tmp_path) as street:
        tell(street)
        shop = street.shop.world.shop.domain
        everything = [replay(street, shop, sort) for sort in ("delivery", "task")]
        street.settle()
        assert min(everything) > 10
        assert end_state(street) == clean


def replay(street: Street, shop: str, sort: Any) -> int:
    app = street.app
    return replay_rows(app.db, shop, Wanted(done=True), sort=sort, by="test", at=app.clock())
