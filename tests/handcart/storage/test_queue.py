from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from handcart.storage.queue import pause
from handcart.testing.queue_battery import QueueBattery


class TestOutbox(QueueBattery):
    """The tasks keep every promise of a queue."""


@given(st.integers(min_value=1, max_value=10_000))
def test_a_pause_never_passes_its_ceiling(attempts: int) -> None:
    assert timedelta(0) <= pause(attempts) <= timedelta(seconds=min(600, 2 ** min(attempts, 20)))
