from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handcart.errors import WiringError
from handcart.events import PickupReady
from handcart.injection import wire


def tell(event: PickupReady, now: datetime) -> str:
    return f"{event.pickup_id} at {now:%H:%M}"


def greedy(event: PickupReady, cache: dict) -> None: ...  # type: ignore[type-arg]


def bare(event) -> None: ...  # type: ignore[no-untyped-def]


def optional(event: PickupReady, *, tries: int = 3) -> int:
    return tries


READY = PickupReady(pickup_id="p1", order_id=1, location_id=2)


def test_a_handler_gets_what_its_annotations_ask_for() -> None:
    wired = wire(tell, offered=(PickupReady, datetime))
    nine = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert wired.call({PickupReady: lambda: READY, datetime: lambda: nine}) == "p1 at 09:00"


def test_what_nobody_asks_for_is_never_made() -> None:
    def explode() -> None:
        raise AssertionError

    wired = wire(optional, offered=(PickupReady, datetime))
    assert wired.call({PickupReady: lambda: READY, datetime: explode}) == 3


def test_asking_for_what_cannot_be_had_fails_at_import_and_says_what_can() -> None:
    with pytest.raises(WiringError) as refused:
        wire(greedy, offered=(PickupReady, datetime))
    assert refused.value.code == "cannot_provide"
    assert "cache: dict" in str(refused.value)
    assert "PickupReady, datetime" in str(refused.value)


def test_a_parameter_without_annotation_is_refused() -> None:
    with pytest.raises(WiringError, match="not annotated"):
        wire(bare, offered=(PickupReady,))


def test_the_function_stays_a_plain_function() -> None:
    assert wire(tell, offered=(PickupReady, datetime)).function is tell
