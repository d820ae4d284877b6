from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from handcart.errors import BadInput
from handcart.pickups import taps
from handcart.storage import Database

SHOP = "juniper-tea.myshopify.com"


def test_a_tap_is_done_once_and_says_afterwards_what_it_came_to(db: Database, at: datetime) -> None:
    with db.writing() as work:
        assert taps.outcome(work, SHOP, "a-tap-of-mine") is None
        assert taps.keep(work, SHOP, "a-tap-of-mine", at=at)
        assert not taps.keep(work, SHOP, "a-tap-of-mine", outcome="code_wrong", at=at)
        assert taps.keep(work, SHOP, "another-tap", outcome="code_wrong", at=at)
        assert taps.keep(work, "other.myshopify.com", "a-tap-of-mine", at=at)
        assert taps.outcome(work, SHOP, "a-tap-of-mine") == ""
        assert taps.outcome(work, SHOP, "another-tap") == "code_wrong"


def test_old_taps_are_forgotten(db: Database, at: datetime) -> None:
    with db.writing() as work:
        taps.keep(work, SHOP, "a-tap-of-mine", at=at)
        taps.keep(work, SHOP, "another-tap", at=at + timedelta(days=2, seconds=1))
        assert taps.outcome(work, SHOP, "a-tap-of-mine") is None
        assert taps.outcome(work, SHOP, "another-tap") == ""


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "with space", "ключ-ключ"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(BadInput) as caught:
        taps.checked(key)
    assert caught.value.code == "tap_key_malformed"
