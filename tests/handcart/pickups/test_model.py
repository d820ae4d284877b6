from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest

from handcart.errors import BadInput, InvalidTransition
from handcart.pickups import REASONS, Actor, Pickup, PickupLine, State
from handcart.pickups.model import OPEN, TERMINAL, reason_for

ALLOWED = {
    ("requested", "ready", "staff"),
    ("requested", "collected", "platform"),
    ("requested", "cancelled", "staff"),
    ("requested", "cancelled", "shopper"),
    ("requested", "cancelled", "platform"),
    ("ready", "collected", "staff"),
    ("ready", "collected", "platform"),
    ("ready", "cancelled", "staff"),
    ("ready", "cancelled", "shopper"),
    ("ready", "cancelled", "platform"),
}
EVERY = sorted(product(State, State, Actor))


def pickup_in(state: State, *, at: datetime) -> Pickup:
    return Pickup(
        pickup_id="9001",
        fulfillment_order_id=9001,
        order_id=1001,
        order_name="#1001",
        location_id=31,
        customer_id=None,
        customer_name="",
        covers_order=True,
        state=state,
        lines=(PickupLine(71, 501, "Gyokuro", "GYO", 2), PickupLine(72, 502, "Sencha", "SEN", 1)),
        requested_at=at,
        changed_at=at,
    )


@pytest.mark.parametrize(("state", "wanted", "actor"), EVERY)
def test_a_pickup_goes_only_where_the_table_lets_this_actor_take_it(
    state: State, wanted: State, actor: Actor, at: datetime
) -> None:
    pickup = pickup_in(state, at=at)
    if (state.value, wanted.value, actor.value) in ALLOWED:
        changed = pickup.become(wanted, f"{actor.value}:7", at=at + timedelta(minutes=1))
        assert (changed.state, changed.version) == (wanted, 2)
        assert changed.changed_at == at + timedelta(minutes=1)
        assert changed.requested_at == at
    else:
        with pytest.raises(InvalidTransition) as caught:
            pickup.become(wanted, f"{actor.value}:7", at=at)
        assert (caught.value.state, caught.value.wanted) == (state, wanted)
    assert pickup == pickup_in(state, at=at)


def test_collected_and_cancelled_are_left_by_no_way() -> None:
    assert TERMINAL == (State.COLLECTED, State.CANCELLED)
    assert set(OPEN) == set(State) - set(TERMINAL)


def test_only_collecting_moves_the_quantities(at: datetime) -> None:
    ready = pickup_in(State.READY, at=at)
    collected = ready.become(State.COLLECTED, "staff:7", at=at)
    cancelled = ready.become(State.CANCELLED, "staff:7", at=at)
    assert [(line.quantity, line.collected) for line in collected.lines] == [(2, 2), (1, 1)]
    assert [(line.quantity, line.collected) for line in cancelled.lines] == [(2, 0), (1, 0)]


@pytest.mark.parametrize(("reason", "actor"), sorted(product([*REASONS, "bored"], Actor)))
def test_a_reason_is_taken_from_whom_the_table_names(reason: str, actor: Actor) -> None:
    if actor in REASONS.get(reason, ()):
        assert reason_for(reason, actor.value) == reason
    else:
        with pytest.raises(BadInput):
            reason_for(reason, actor.value)


def test_an_actor_that_is_in_no_table_is_a_programming_error(at: datetime) -> None:
    with pytest.raises(ValueError, match="stranger"):
        pickup_in(State.READY, at=at).become(State.COLLECTED, "stranger", at=at)
